// A screen that few visits open comes when it is first opened, so that the first screen need not wait for it. The
// service worker holds its file too; only a first visit whose network breaks off has to try again.
import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { words } from './messages.ts';
import { AdviceBox, Busy, Button, Screen } from './parts.tsx';

type Loading<P extends object> =
  | { readonly kind: 'loading' | 'failed' }
  | { readonly kind: 'loaded'; readonly screen: ComponentType<P> };

export function laterScreen<P extends object>(load: () => Promise<ComponentType<P>>): ComponentType<P> {
  let loaded: Loading<P> = { kind: 'loading' };
  return function LaterScreen(props: P) {
    const [state, setState] = useState(loaded);
    useEffect(() => {
      if (state.kind !== 'loading') return;
      Promise.all([load(), import('./styles/places.css')]).then(
        ([screen]) => {
          loaded = { kind: 'loaded', screen };
          setState(loaded);
        },
        () => setState({ kind: 'failed' }),
      );
    }, [state]);
    if (state.kind === 'loaded') return <state.screen {...props} />;
    const { advice, opening, tryAgain } = words.later;
    return (
      <Screen title={opening}>
        {state.kind === 'loading' && <Busy label={opening} />}
        {state.kind === 'failed' && <AdviceBox advice={advice} />}
        {state.kind === 'failed' && (
          <Button label={tryAgain} icon="data" onPress={() => setState({ kind: 'loading' })} />
        )}
      </Screen>
    );
  };
}
