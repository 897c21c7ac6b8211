// The choice of the products that a device holds data of.
import { amount, bytes } from './formats.ts';

export const SCOPE = {
  title: 'Products on this device',
  intro:
    'A device can hold the data of every product, or of those that your site handles. Packs of other products are checked live.',
  everything: 'Everything',
  products: 'Only these products',
  find: 'Find a product, or add product codes',
  findHint: 'Type part of a name, or type, paste or scan codes: GTIN, PPN or PZN, one or many.',
  addCodes: 'Add these codes',
  found: 'Products found',
  add: 'Add',
  remove: 'Remove',
  addChecked: (count: number) =>
    count === 1
      ? 'Add the product checked since opening'
      : `Add the ${amount(count)} products checked since opening`,
  chosen: (count: number) => (count === 1 ? 'One product chosen' : `${amount(count)} products chosen`),
  more: (count: number) => `and ${amount(count)} more`,
  noName: 'Product without a name',
  unread: (count: number) =>
    count === 1
      ? 'One code could not be read; it is still in the field.'
      : `${amount(count)} codes could not be read; they are still in the field.`,
  tooMany: (max: number) =>
    `At most ${amount(max)} products can be listed; a site that handles more holds everything.`,
  size: (all: number, toLoad: number, packs: number) =>
    `${bytes(all)} for ${amount(packs)} packs, ${toLoad === 0 ? 'nothing' : bytes(toLoad)} of it still to load.`,
  noSize:
    'How much this takes is not known yet: that needs data on this device and, for further products, a network.',
  /** `count` null: everything was asked for. */
  refused: (count: number | null) =>
    count === null
      ? 'The ledger lets this device hold these products, not everything.'
      : `The ledger does not let this device hold ${count === 1 ? 'one of these products' : `${amount(count)} of these products`}. What it may hold stands above.`,
  save: 'Use this choice',
};
