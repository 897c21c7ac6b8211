// What a scanner sent, control characters made visible: which of them is missing is what a support line asks first.

export function SentText({
  title,
  text,
  isOpen = false,
}: {
  readonly title: string;
  readonly text: string;
  readonly isOpen?: boolean;
}) {
  const shown = text.replace(/[\x00-\x1f]/g, (c) => CONTROL_NAMES.get(c) ?? '{?}');
  return (
    <details class="notes" open={isOpen}>
      <summary>{title}</summary>
      <p class="sent-text">{shown}</p>
    </details>
  );
}

const CONTROL_NAMES: ReadonlyMap<string, string> = new Map([
  ['\x1d', '{GS}'],
  ['\x1e', '{RS}'],
  ['\x04', '{EOT}'],
]);
