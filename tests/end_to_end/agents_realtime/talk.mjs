// Holds talks with a running server through the stock `@openai/agents-realtime` client, and prints as JSON
// what the client saw. The address, the token and a recording (raw PCM16 mono 24 kHz) come from the
// environment: HAMDEL_URL, HAMDEL_TOKEN, HAMDEL_RECORDING. Argument: the name of the talk.
import { readFile } from 'node:fs/promises';
import { RealtimeAgent, RealtimeSession } from '@openai/agents-realtime';
import { parseRealtimeEvent } from './node_modules/@openai/agents-realtime/dist/openaiRealtimeEvents.mjs';

const SAMPLE_RATE_HZ = 24_000;
const LONGEST_WAIT_MS = 60_000;

const { HAMDEL_URL: url, HAMDEL_TOKEN: apiKey, HAMDEL_RECORDING: recording } = process.env;

/** Opens a session with the websocket transport, and notes everything that comes. */
async function open(config) {
  const session = new RealtimeSession(new RealtimeAgent({ name: 'listener', instructions: 'Be kind.' }), {
    transport: 'websocket',
    ...(config ? { config } : {}),
  });
  const seen = { events: [], unrecognised: [], errors: [], audioBytes: 0, text: '', histories: 0, interrupted: 0 };
  const arrived = new EventTarget();
  session.transport.on('connection_change', (status) => {
    if (status !== 'connecting') return;
    // Every frame as it came: the transport itself passes over what it can't parse.
    session.transport.connectionState.websocket.addEventListener('message', (message) => {
      const { data, isGeneric } = parseRealtimeEvent(message);
      if (isGeneric) seen.unrecognised.push(data?.type ?? 'unparseable');
      seen.events.push(JSON.parse(message.data.toString()));
      arrived.dispatchEvent(new Event('event'));
    });
  });
  session.on('error', ({ error }) => seen.errors.push(error?.error ?? error?.message ?? error));
  session.on('audio', ({ data }) => {
    seen.audioBytes += data.byteLength;
  });
  session.on('audio_interrupted', () => {
    seen.interrupted += 1;
  });
  session.on('history_updated', () => {
    seen.histories += 1;
  });
  session.transport.on('output_text_delta', ({ delta }) => {
    seen.text += delta;
  });
  await session.connect({ apiKey, url });

  /** Waits for the next event, from the given index on, that fits. */
  const until = (type, from = 0) =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        const types = seen.events.slice(from).map((event) => event.type);
        reject(new Error(`no ${type} came; there were: ${types.join(', ')}; ${JSON.stringify(seen.errors)}`));
      }, LONGEST_WAIT_MS);
      const look = () => {
        const found = seen.events.slice(from).find((event) => event.type === type);
        if (!found) return;
        clearTimeout(timer);
        arrived.removeEventListener('event', look);
        resolve(found);
      };
      arrived.addEventListener('event', look);
      look();
    });
  return { session, seen, until };
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function sendRecording(session) {
  const pcm = await readFile(recording);
  const silence = Buffer.alloc(2 * SAMPLE_RATE_HZ * 2);
  const all = Buffer.concat([pcm, silence]);
  for (let start = 0; start < all.length; start += SAMPLE_RATE_HZ * 2) {
    const piece = all.subarray(start, start + SAMPLE_RATE_HZ * 2);
    session.sendAudio(piece.buffer.slice(piece.byteOffset, piece.byteOffset + piece.byteLength));
  }
}

function report({ session, seen }) {
  return {
    types: seen.events.map((event) => event.type),
    unrecognised: seen.unrecognised,
    errors: seen.errors,
    responses: seen.events.filter((event) => event.type === 'response.done').map(({ response }) => response),
    session: seen.events.findLast((event) => event.type === 'session.updated')?.session,
    audioBytes: seen.audioBytes,
    text: seen.text,
    histories: seen.histories,
    interrupted: seen.interrupted,
    history: session.history,
    usage: session.usage.totalTokens,
  };
}

const talks = {
  /** A spoken turn, a typed one whose reply is interrupted by the client, one item removed. */
  async spoken() {
    const talk = await open();
    const { session, seen, until } = talk;
    await until('session.updated');
    await sendRecording(session);
    await until('response.done');
    await until('conversation.item.retrieved');
    let from = seen.events.length;
    session.sendMessage('I feel very sad today.');
    await until('response.output_audio.delta', from);
    await pause(1200);
    session.interrupt();
    await until('response.done', from);
    await until('conversation.item.truncated', from);
    await until('conversation.item.retrieved', from);
    await pause(200);
    const before = report(talk);
    from = seen.events.length;
    session.updateHistory((history) => history.filter((item) => item.itemId !== history[0].itemId));
    await until('conversation.item.deleted', from);
    await pause(200);
    return { ...report(talk), historyBeforeRemoval: before.history };
  },

  /** The reply is interrupted by the user's own voice: the server cancels, the client truncates. */
  async interrupted() {
    const talk = await open();
    const { session, seen, until } = talk;
    await until('session.updated');
    session.transport.requestResponse();
    await until('response.output_audio.delta');
    await pause(400);
    await sendRecording(session);
    await until('response.done');
    await until('conversation.item.truncated');
    const from = seen.events.findIndex((event) => event.type === 'response.done') + 1;
    await until('response.done', from);
    await pause(200);
    return report(talk);
  },

  /** Typed and answered in text; an item is placed at the beginning. */
  async written() {
    const talk = await open({ outputModalities: ['text'] });
    const { session, seen, until } = talk;
    await until('session.updated');
    session.sendMessage('hello');
    await until('response.done');
    const from = seen.events.length;
    session.updateHistory((history) => [
      {
        itemId: 'earlier',
        type: 'message',
        role: 'user',
        status: 'completed',
        content: [{ type: 'input_text', text: 'I slept well.' }],
      },
      ...history,
    ]);
    await until('conversation.item.done', from);
    await pause(200);
    return report(talk);
  },

  /** Push-to-talk: the client commits, and asks for the reply. */
  async committed() {
    const talk = await open({ audio: { input: { turnDetection: null } } });
    const { session, seen, until } = talk;
    await until('session.updated');
    await sendRecording(session);
    const from = seen.events.length;
    session.transport.sendEvent({ type: 'input_audio_buffer.commit' });
    session.transport.requestResponse();
    await until('response.done', from);
    await pause(200);
    return report(talk);
  },
};

const result = await talks[process.argv[2]]();
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));
