import { effect, signal } from "@preact/signals";

// What this browser prefers. Kept in localStorage; a browser that refuses it simply forgets.
export type Theme = "auto" | "light" | "dark";

function read(key: string): string | null {
  try {
    return localStorage.getItem(`nightshift.${key}`);
  } catch {
    return null;
  }
}

function write(key: string, value: string): void {
  try {
    localStorage.setItem(`nightshift.${key}`, value);
  } catch {
    // Private windows may refuse; the setting then lives as long as the page.
  }
}

const storedTheme = read("theme");
export const theme = signal<Theme>(storedTheme === "light" || storedTheme === "dark" ? storedTheme : "auto");
export const utc = signal(read("utc") === "1");

export function startSettings(): void {
  const media = matchMedia("(prefers-color-scheme: dark)");
  prefersDark.value = media.matches;
  media.addEventListener("change", () => {
    prefersDark.value = media.matches;
  });
  effect(() => {
    if (theme.value === "auto") delete document.documentElement.dataset["theme"];
    else document.documentElement.dataset["theme"] = theme.value;
    write("theme", theme.value);
  });
  effect(() => write("utc", utc.value ? "1" : "0"));
}

const prefersDark = signal(false);

// What is shown now: the choice made here, else the system's.
export function isDark(): boolean {
  return theme.value === "dark" || (theme.value === "auto" && prefersDark.value);
}

export function toggleTheme(): void {
  theme.value = isDark() ? "light" : "dark";
}
