// Takes a photo or picks one, as a button of the system's own: the file field itself, laid under its label.
import { useRef } from 'preact/hooks';
import { Icon } from './icons.tsx';

export function PhotoButton(props: {
  readonly label: string;
  readonly class: string;
  onPhoto(file: File): void;
}) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <label class={`${props.class} photo-button`}>
      <input
        ref={input}
        class="sr-only"
        type="file"
        accept="image/*"
        onChange={() => {
          const file = input.current?.files?.[0];
          // Emptied, so that choosing the same photo again counts as a choice.
          if (input.current) input.current.value = '';
          if (file) props.onPhoto(file);
        }}
      />
      <Icon name="photo" />
      <span>{props.label}</span>
    </label>
  );
}
