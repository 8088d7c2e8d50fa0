import { isDark } from "./settings.ts";

// Canvas needs real colours; ours are light-dark() pairs in CSS. The browser resolves one for us, once per theme.
const known = new Map<string, string>();
let probe: HTMLElement | null = null;

export function colour(name: string): string {
  const key = `${isDark()}${name}`;
  let value = known.get(key);
  if (value === undefined) {
    if (!probe) {
      probe = document.createElement("span");
      probe.hidden = true;
      document.body.append(probe);
    }
    probe.style.color = `var(--${name})`;
    value = getComputedStyle(probe).color;
    known.set(key, value);
  }
  return value;
}
