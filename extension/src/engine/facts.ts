/**
 * How the engine's facts are called where people read them: the status item, Engine Info, messages.
 */
import type { Adapter } from "@cloze/runtime/web";
import * as vscode from "vscode";
import type { EngineInfo } from "./protocol.ts";

export function deviceName(device: EngineInfo["device"]): string {
  return device === "webgpu" ? vscode.l10n.t("WebGPU") : vscode.l10n.t("CPU");
}

/** The graphics card as the browser tells of it. */
export function adapterName({ vendor, architecture, description, software }: Adapter): string {
  const words = new Set([vendor, architecture, description].filter((word) => word !== ""));
  const name = words.size === 0 ? vscode.l10n.t("not named by the browser") : [...words].join(" ");
  return software ? vscode.l10n.t("{0} (software: the processor plays the card)", name) : name;
}

export function hostName(host: string): string {
  return host === "webview"
    ? vscode.l10n.t("a webview, in the view Cloze: Engine")
    : vscode.l10n.t("a worker of the extension host");
}

/** Milliseconds as people read them. */
export function duration(milliseconds: number): string {
  return milliseconds < 1000
    ? vscode.l10n.t("{0} ms", format(milliseconds, milliseconds < 10 ? 1 : 0))
    : vscode.l10n.t("{0} s", format(milliseconds / 1000, 1));
}

/** Bytes as people read them. */
export function size(bytes: number): string {
  return bytes < 1e6
    ? vscode.l10n.t("{0} KB", format(bytes / 1e3, 0))
    : vscode.l10n.t("{0} MB", format(bytes / 1e6, 1));
}

/** A number in the way of VS Code's language. */
export function format(value: number, digits: number): string {
  return value.toLocaleString(vscode.env.language, {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}
