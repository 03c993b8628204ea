/** The script of a session's worker. */
import { serveSession } from "./serve.ts";

// Where all is bundled into one script, ONNX Runtime starts its own threads from it, by this name.
if (!self.name.startsWith("em-pthread")) serveSession();
