// The alerts that an event of this device has raised, by their ids, each a way to its case.
import type { AppModel } from '../app/app-model.ts';
import type { NamedAlert } from '../domain/receipt.ts';
import { laterWords } from './later-messages.ts';
import { hrefOf } from './navigation.ts';
import { run } from './run.ts';

type Props = {
  readonly app: AppModel;
  readonly alerts: readonly NamedAlert[];
  /** Where the event is about several packs. */
  readonly serialOf?: ((pack: number) => string | undefined) | undefined;
};

export function RaisedAlerts({ app, alerts, serialOf }: Props) {
  if (alerts.length === 0) return null;
  const { alerts: said } = laterWords;
  const open = async (id: string) => (await app.alerts.load())?.read(id);
  return (
    <ul class="conflicts">
      {alerts.map(({ id, kind, pack }) => (
        <li key={id}>
          {serialOf && <span class="code">{serialOf(pack)} </span>}
          {said.kind(kind)} <span class="code">{id}</span>{' '}
          <a href={hrefOf('alerts')} onClick={() => run(open(id))}>
            {said.goTo}
          </a>
        </li>
      ))}
    </ul>
  );
}
