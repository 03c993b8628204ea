/** How much memory a child of this process holds. Only Linux tells it so. */
import { readdir, readFile } from "node:fs/promises";

/**
 * @param name The child's, such as `workerd`.
 * @returns Bytes; 0 where they cannot be known.
 */
export async function residentBytes(name: string): Promise<number> {
  for (const pid of await readdir("/proc").catch(() => [])) {
    const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
    const field = (key: string) => new RegExp(`^${key}:\\s+(\\S+)`, "m").exec(status)?.[1];
    if (field("Name") === name && field("PPid") === String(process.pid))
      return 1024 * Number(field("VmRSS") ?? 0);
  }
  return 0;
}
