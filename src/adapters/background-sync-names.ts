// What the tabs and the service worker call each other's news about the outbox.

/** Of the wish to be woken once there is a network. */
export const SYNC_TAG = 'packtrail-outbox';
/** What the service worker tells the tabs when it has sent something. */
export const SENT_MESSAGE = 'packtrail-outbox-sent';
