// Which products this device holds data of: everything, or those that the site handles, found by name, typed, pasted or
// scanned. What a choice takes and what there is to load stands there before anything is loaded.
import { useEffect, useState } from 'preact/hooks';
import type { AppModel } from '../app/app-model.ts';
import { readProductCodes } from '../app/product-codes.ts';
import type { ScopeSize, SyncFailure } from '../app/sync-model.ts';
import { SCOPE_PRODUCTS_MAX } from '../domain/limits.ts';
import { coversScope, isSameScope, type Scope } from '../domain/snapshot/scope.ts';
import { laterWords } from './later-messages.ts';
import { useNavigation } from './navigation.ts';
import { AdviceBox, Button, Screen } from './parts.tsx';
import { run } from './run.ts';

/** More than a screen can show; whoever pastes a long list sees how many there are. */
const SHOWN_MAX = 100;

export function ScopeScreen({ app }: { readonly app: AppModel }) {
  const { sync } = app;
  const navigation = useNavigation();
  const [scope, setScope] = useState<Scope>(sync.scope.value);
  const [codes, setCodes] = useState<readonly string[]>(sync.scope.value ?? []);
  const [failure, setFailure] = useState<SyncFailure | undefined>(undefined);
  const [refused, setRefused] = useState('');
  const chosen = scope === null ? null : codes;

  async function save(): Promise<void> {
    const changed = await sync.changeScope(chosen);
    setFailure(changed.ok ? undefined : changed.error);
    if (!changed.ok) return;
    if (coversScope(changed.value, chosen)) return navigation.back();
    const granted = changed.value ?? [];
    setRefused(laterWords.scope.refused(chosen && chosen.length - granted.length));
    setScope(granted);
    setCodes(granted);
  }

  return (
    <Screen title={laterWords.scope.title}>
      <p>{laterWords.scope.intro}</p>
      <fieldset class="panel choices">
        <legend class="sr-only">{laterWords.scope.title}</legend>
        <Choice
          label={laterWords.scope.everything}
          isChosen={chosen === null}
          onChoose={() => setScope(null)}
        />
        <Choice
          label={laterWords.scope.products}
          isChosen={chosen !== null}
          onChoose={() => setScope(codes)}
        />
      </fieldset>
      {chosen !== null && <Products app={app} codes={codes} onChange={setCodes} />}
      <Size app={app} scope={chosen} />
      {failure && <AdviceBox advice={laterWords.syncFailure(failure)} />}
      <p class="form-summary" role="status">
        {refused}
      </p>
      <Button
        kind="primary"
        label={laterWords.scope.save}
        isBusy={isSameScope(chosen, sync.scope.value)}
        onPress={() => run(save())}
      />
    </Screen>
  );
}

function Choice(props: { readonly label: string; readonly isChosen: boolean; onChoose(): void }) {
  return (
    <label class="check">
      <input type="radio" name="scope" checked={props.isChosen} onChange={props.onChoose} />
      <span>{props.label}</span>
    </label>
  );
}

type ProductsProps = {
  readonly app: AppModel;
  readonly codes: readonly string[];
  onChange(codes: readonly string[]): void;
};

function Products({ app, codes, onChange }: ProductsProps) {
  const [text, setText] = useState('');
  const [note, setNote] = useState('');
  const found = app.findProducts(text).filter(({ productCode }) => !codes.includes(productCode));
  const checked = [...new Set(app.scanner.history.value.map(({ pack }) => pack.productCode))];
  const news = checked.filter((each) => !codes.includes(each));

  function add(added: readonly string[]): void {
    const all = [...new Set([...codes, ...added])];
    setNote(all.length > SCOPE_PRODUCTS_MAX ? laterWords.scope.tooMany(SCOPE_PRODUCTS_MAX) : '');
    onChange(all.slice(0, SCOPE_PRODUCTS_MAX));
  }

  function addTyped(): void {
    const read = readProductCodes(text, app.nowMs.value);
    add(read.productCodes);
    setText(read.unread.join('\n'));
    if (read.unread.length > 0) setNote(laterWords.scope.unread(read.unread.length));
  }

  return (
    <section class="panel">
      <form
        class="form"
        autocomplete="off"
        onSubmit={(event) => {
          event.preventDefault();
          addTyped();
        }}
      >
        <div class="field">
          <label for="scope-text">{laterWords.scope.find}</label>
          <p id="scope-hint" class="quiet">
            {laterWords.scope.findHint}
          </p>
          <textarea
            id="scope-text"
            class="input"
            rows={2}
            value={text}
            aria-describedby="scope-hint"
            autocapitalize="off"
            spellcheck={false}
            data-wedge=""
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </div>
        <button type="submit" class="button">
          {laterWords.scope.addCodes}
        </button>
        <p class="form-summary" role="status">
          {note}
        </p>
      </form>
      {found.length > 0 && (
        <List
          label={laterWords.scope.found}
          items={found}
          act={laterWords.scope.add}
          onAct={(productCode) => add([productCode])}
        />
      )}
      {news.length > 0 && (
        <Button label={laterWords.scope.addChecked(news.length)} icon="outbox" onPress={() => add(news)} />
      )}
      <h2>{laterWords.scope.chosen(codes.length)}</h2>
      <List
        label={laterWords.scope.chosen(codes.length)}
        items={codes
          .slice(0, SHOWN_MAX)
          .map((productCode) => ({ productCode, name: app.nameOf(productCode) }))}
        act={laterWords.scope.remove}
        onAct={(productCode) => onChange(codes.filter((each) => each !== productCode))}
      />
      {codes.length > SHOWN_MAX && <p class="quiet">{laterWords.scope.more(codes.length - SHOWN_MAX)}</p>}
    </section>
  );
}

type ListProps = {
  readonly label: string;
  readonly items: readonly { readonly productCode: string; readonly name: string | undefined }[];
  readonly act: string;
  onAct(productCode: string): void;
};

function List({ label, items, act, onAct }: ListProps) {
  return (
    <ul class="rows" aria-label={label}>
      {items.map(({ productCode, name }) => (
        <li key={productCode} class="row">
          <span>
            {name ?? laterWords.scope.noName}
            <br />
            <code>{productCode.replace(/^\w+:/, '')}</code>
          </span>
          <button
            type="button"
            class="button button-quiet"
            aria-label={`${act}: ${name ?? productCode}`}
            onClick={() => onAct(productCode)}
          >
            {act}
          </button>
        </li>
      ))}
    </ul>
  );
}

const SIZE_DELAY_MS = 400;

/** Undefined while it is being worked out, and where there is no data to tell it from. */
function Size({ app, scope }: { readonly app: AppModel; readonly scope: Scope }) {
  const [size, setSize] = useState<ScopeSize | undefined>(undefined);
  const data = app.sync.data.value;
  useEffect(() => {
    let isStale = false;
    setSize(undefined);
    // Whoever chooses ten products in a row needs one answer.
    const timer = setTimeout(() => {
      const told = app.sync.sizeOf(scope).then((result) => {
        if (!isStale && result.ok) setSize(result.value);
      });
      run(told);
    }, SIZE_DELAY_MS);
    return () => {
      isStale = true;
      clearTimeout(timer);
    };
  }, [app, scope, data]);
  return (
    <p role="status" class="scope-size">
      {size ? laterWords.scope.size(size.bytes, size.bytesToLoad, size.packs) : laterWords.scope.noSize}
    </p>
  );
}
