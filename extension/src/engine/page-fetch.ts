/**
 * How the engine's worker has its webview's page fetch a file.
 */

/** What the worker says, beside its messages for the host. */
export interface FetchRequest {
  readonly fetch: string;
  /** Where the answer is waited for. */
  readonly port: MessagePort;
}

export interface Fetched {
  readonly status: number;
  readonly bytes: ArrayBuffer;
}

/** Has the page fetch a file. */
export async function fetchByPage(url: string): Promise<Response> {
  const { port1, port2 } = new MessageChannel();
  const request: FetchRequest = { fetch: url, port: port2 };
  const { status, bytes } = await new Promise<Fetched>((resolve) => {
    port1.onmessage = ({ data }: MessageEvent<Fetched>) => resolve(data);
    (self as unknown as Pick<Worker, "postMessage">).postMessage(request, [port2]);
  });
  port1.close();
  return new Response(bytes, { status });
}
