/** The client in every host: Node, workerd, Chromium. */
import path from "node:path";
import { testInHosts } from "../portable/in-hosts.ts";
import { checks } from "./checks.ts";

testInHosts(path.join(import.meta.dirname, "checks.ts"), checks);
