/**
 * The floor `ceil-full`: the least a Node server can do to store a message durably and deliver it. JSON over ws, group commit into
 * PostgreSQL, three durable rows a message (message, recipient's state, audit row with a SHA-256 chain), delivered and acknowledged only
 * after the commit. No sign-in, no permission, no sealing, no policy. Our server's goal is a share of this, measured in the same run.
 * Run as a process of its own: ceiling.ts <postgres url>; prints its port.
 */
import { createHash } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import pg from 'pg'
import { WebSocketServer } from 'ws'
import type { WebSocket } from 'ws'

type Row = readonly [conversation: string, sender: number, at: number, body: string]
interface Waiting {
  readonly row: Row
  readonly done: (id: number) => void
}

const url = process.argv[2]!
const lanes = await Promise.all(
  Array.from({ length: 2 }, async () => {
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    return client
  }),
)
await lanes[0]!.query(`drop table if exists c, cr, ca;
  create table c (id bigint generated always as identity primary key, conv text not null, sender int not null, at bigint not null, body text not null);
  create index on c (conv, id desc);
  create table cr (msg bigint not null, usr int not null, state int not null, primary key (msg, usr));
  create table ca (id bigint generated always as identity primary key, at bigint not null, who int not null, h bytea not null)`)

let chained: Buffer = Buffer.alloc(32)
const chain = (row: Row): Buffer => (chained = createHash('sha256').update(chained).update(row[3]).digest())

async function commit(lane: pg.Client, rows: readonly Row[]): Promise<number[]> {
  const result = await lane.query<{ id: string }>({
    name: 'full',
    text: `with m as (insert into c (conv, sender, at, body) select * from unnest($1::text[], $2::int[], $3::bigint[], $4::text[]) returning id, sender),
      r as (insert into cr select id, sender, 0 from m), a as (insert into ca (at, who, h) select * from unnest($3::bigint[], $2::int[], $5::bytea[])) select id from m`,
    values: [rows.map((row) => row[0]), rows.map((row) => row[1]), rows.map((row) => row[2]), rows.map((row) => row[3]), rows.map(chain)],
  })
  return result.rows.map((row) => Number(row.id))
}

const people = new Map<number, WebSocket>()
const rooms = new Map<number, Set<WebSocket>>()
const queue: Waiting[] = []
const idle = [...lanes]
let armed = false
const kick = () => {
  if (armed) return
  armed = true
  setImmediate(pump)
}
function pump(): void {
  armed = false
  while (queue.length > 0 && idle.length > 0) {
    const lane = idle.pop()!
    const taken = queue.splice(0, 512)
    void commit(
      lane,
      taken.map((it) => it.row),
    ).then((ids) => {
      idle.push(lane)
      taken.forEach((it, i) => it.done(ids[i]!))
      if (queue.length > 0) kick()
    })
  }
}

const server: WebSocketServer = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false, maxPayload: 1 << 20 }, () =>
  console.log((server.address() as AddressInfo).port),
)
server.on('connection', (socket) => {
  let me = 0
  socket.on('message', (data: Buffer) => {
    const frame = JSON.parse(data.toString()) as { t: string; u: number; r: number; to: number; b: string }
    const put = (conversation: string, done: (id: number) => void) => {
      queue.push({ row: [conversation, me, Date.now(), frame.b], done })
      kick()
    }
    if (frame.t === 'hi') {
      me = frame.u
      people.set(me, socket)
      socket.send('{"t":"hi"}')
    } else if (frame.t === 'j') {
      let room = rooms.get(frame.r)
      if (!room) rooms.set(frame.r, (room = new Set()))
      room.add(socket)
      socket.send('{"t":"j"}')
    } else if (frame.t === 'd') {
      put(`d${Math.min(me, frame.to)}-${Math.max(me, frame.to)}`, (id) => {
        socket.send('{"t":"ack"}')
        people.get(frame.to)?.send(JSON.stringify({ t: 'm', id, from: me, b: frame.b }))
      })
    } else if (frame.t === 'r') {
      put(`r${frame.r}`, (id) => {
        socket.send('{"t":"ack"}')
        const encoded = Buffer.from(JSON.stringify({ t: 'm', id, from: me, b: frame.b }))
        for (const other of rooms.get(frame.r) ?? []) other.send(encoded, { binary: false })
      })
    }
  })
  socket.on('close', () => people.delete(me))
})
