/**
 * Where an engine lives, and how it is spoken to: in a worker of the web-worker extension host, or in a webview.
 */
import type * as vscode from "vscode";
import type { Content } from "./protocol.ts";

/** A way to start engines. */
export interface Transport {
  /** What it is called in Engine Info. */
  readonly name: "worker" | "webview";
  /**
   * Starts an engine's worker.
   *
   * @param script The engine's script.
   * @param listener Who hears what it says.
   */
  start(script: string, listener: EngineListener): Promise<EnginePort>;
}

/** An engine's worker that runs. */
export interface EnginePort {
  post(message: unknown): void;
  /**
   * A file for the engine, or where it can fetch it by itself.
   *
   * @throws vscode.FileSystemError
   */
  contentOf(file: vscode.Uri): Promise<Content>;
  /** Ends the engine, whatever it does, and frees all that it holds. */
  end(): void;
}

/** Who hears what an engine's worker says. */
export interface EngineListener {
  message(message: unknown): void;
  /** The worker is there no more, and why. */
  gone(why: string): void;
}
