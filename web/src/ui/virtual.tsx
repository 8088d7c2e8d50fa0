import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { useKeys } from "./keys.ts";

// A list of any length that draws only what is seen. Rows have one height; the caller gives each its place by `top`.
// j/k and the arrows move the selection, Enter opens it.

interface Props<T> {
  items: readonly T[];
  rowHeight: number;
  rowHeightNarrow: number;     // below 700 px
  keyOf: (item: T) => string;
  selected: string | null;
  onSelect: (key: string) => void;
  onOpen: (item: T) => void;
  onKey?: (name: "ArrowRight" | "ArrowLeft", item: T) => void;
  row: (item: T, props: { style: Record<string, string>; "data-selected": boolean; "aria-rowindex": number; "aria-selected": boolean; role: string; id: string }) => ComponentChildren;
  label: string;
  rowCount?: number;
  stickToEnd?: boolean;
}

const kOverscan = 6;

export function visibleRange(scrollTop: number, height: number, rowHeight: number, count: number): [number, number] {
  const first = Math.max(0, Math.floor(scrollTop / rowHeight) - kOverscan);
  const last = Math.min(count, Math.ceil((scrollTop + height) / rowHeight) + kOverscan);
  return [Math.min(first, last), last];
}

export function VirtualList<T>(props: Props<T>) {
  const ref = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 600, width: 1000 });
  const rowHeight = view.width < 700 ? props.rowHeightNarrow : props.rowHeight;
  const { items } = props;

  useLayoutEffect(() => {
    const element = ref.current;
    if (!element) return;
    const measure = () => setView({ top: element.scrollTop, height: element.clientHeight, width: element.clientWidth });
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    measure();
    return () => observer.disconnect();
  }, []);

  const index = props.selected === null ? -1 : items.findIndex((item) => props.keyOf(item) === props.selected);
  const move = (to: number) => {
    const next = Math.max(0, Math.min(items.length - 1, to));
    const item = items[next];
    const element = ref.current;
    if (!item || !element) return;
    props.onSelect(props.keyOf(item));
    if (next * rowHeight < element.scrollTop) element.scrollTop = next * rowHeight;
    else if ((next + 1) * rowHeight > element.scrollTop + element.clientHeight) element.scrollTop = (next + 1) * rowHeight - element.clientHeight;
  };
  const page = Math.max(1, Math.floor(view.height / rowHeight) - 1);
  const current = items[index];
  useKeys({
    j: () => move(index + 1),
    k: () => move(index - 1),
    ArrowDown: () => move(index + 1),
    ArrowUp: () => move(index - 1),
    PageDown: () => move(index + page),
    PageUp: () => move(index - page),
    Home: () => move(0),
    End: () => move(items.length - 1),
    ...(current === undefined ? {} : { Enter: () => props.onOpen(current) }),
    ...(current !== undefined && props.onKey ? { ArrowRight: () => props.onKey?.("ArrowRight", current), ArrowLeft: () => props.onKey?.("ArrowLeft", current) } : {}),
  });

  const wasAtEnd = useRef(true);
  useEffect(() => {
    const element = ref.current;
    if (element && props.stickToEnd && wasAtEnd.current) element.scrollTop = element.scrollHeight;
  }, [items.length, props.stickToEnd]);

  const [first, last] = visibleRange(view.top, view.height, rowHeight, items.length);
  const rows: ComponentChildren[] = [];
  for (let i = first; i < last; i += 1) {
    const item = items[i];
    if (item === undefined) continue;
    const key = props.keyOf(item);
    rows.push(
      props.row(item, {
        style: { top: `${i * rowHeight}px`, height: `${rowHeight}px` },
        "data-selected": key === props.selected,
        "aria-selected": key === props.selected,
        "aria-rowindex": i + 2,
        role: "row",
        id: `row-${i}`,
      }),
    );
  }
  return (
    <div
      class="scroller"
      ref={ref}
      tabIndex={0}
      role="rowgroup"
      aria-label={props.label}
      aria-activedescendant={index >= first && index < last ? `row-${index}` : undefined}
      onScroll={(event) => {
        const element = event.currentTarget;
        wasAtEnd.current = element.scrollTop + element.clientHeight >= element.scrollHeight - 4;
        setView({ top: element.scrollTop, height: element.clientHeight, width: element.clientWidth });
      }}
    >
      <div style={{ height: `${items.length * rowHeight}px` }} role="presentation">{rows}</div>
    </div>
  );
}
