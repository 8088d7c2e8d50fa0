import { useLayoutEffect } from "preact/hooks";

// Keyboard: bindings are a stack, so the topmost page or panel that knows a key gets it. Keys typed into fields are left alone,
// except Escape. A binding "g n" is two keys in a row.

export type Bindings = Record<string, (event: KeyboardEvent) => void>;

const stack: { bindings: Bindings }[] = [];
let pending = "";
let pendingTimer: ReturnType<typeof setTimeout> | undefined;

function isTyping(target: EventTarget | null): boolean {
  const element = target as HTMLElement | null;
  return !!element && (/^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName) || element.isContentEditable);
}

export function keyName(event: Pick<KeyboardEvent, "key" | "metaKey" | "ctrlKey" | "altKey">): string {
  const mod = event.metaKey || event.ctrlKey ? "mod+" : "";
  return mod + (event.altKey ? "alt+" : "") + (event.key.length === 1 ? event.key.toLowerCase() : event.key);
}

function find(name: string): ((event: KeyboardEvent) => void) | undefined {
  for (let i = stack.length - 1; i >= 0; i -= 1) {
    const run = stack[i]?.bindings[name];
    if (run) return run;
  }
  return undefined;
}

function onKey(event: KeyboardEvent): void {
  const name = keyName(event);
  const isModal = document.querySelector("dialog:modal") !== null;
  if (event.defaultPrevented || (isModal && name !== "mod+k")) return;
  if (isTyping(event.target)) {
    if (name === "Escape") (event.target as HTMLElement).blur();
    else if (name !== "mod+k") return;
    if (name === "Escape") return;
  }
  const sequence = pending ? `${pending} ${name}` : name;
  pending = "";
  clearTimeout(pendingTimer);
  const run = find(sequence) ?? find(name);
  if (run) {
    event.preventDefault();
    run(event);
  } else if (stack.some((each) => Object.keys(each.bindings).some((key) => key.startsWith(`${name} `)))) {
    pending = name;
    pendingTimer = setTimeout(() => {
      pending = "";
    }, 1200);
  }
}

export function startKeys(): void {
  addEventListener("keydown", onKey);
}

// Binds keys while the component is mounted; the newest closure is the one that runs. What is on the screen is bound already: a
// quick second key must not meet the bindings of before the first.
export function useKeys(bindings: Bindings): void {
  useLayoutEffect(() => {
    const entry = { bindings };
    stack.push(entry);
    return () => {
      stack.splice(stack.indexOf(entry), 1);
    };
  });
}
