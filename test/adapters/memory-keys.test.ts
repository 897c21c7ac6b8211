import { randomBytes } from '@noble/hashes/utils.js';
import { createMemoryBlinder, createMemoryDeviceKey } from '../../src/adapters/memory-keys.ts';
import { blinderSuite } from '../support/port-suites/blinder.ts';
import { deviceKeySuite } from '../support/port-suites/device-key.ts';

deviceKeySuite('memory', async () => createMemoryDeviceKey(randomBytes(32)));
blinderSuite('memory', async (keys) => createMemoryBlinder(keys));
