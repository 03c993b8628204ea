import path from "node:path";
import { checks } from "./checks.ts";
import { testInHosts } from "./in-hosts.ts";

testInHosts(path.join(import.meta.dirname, "checks.ts"), checks);
