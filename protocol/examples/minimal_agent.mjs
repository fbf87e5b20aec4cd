// A minimal agent: picks at random, prints what is found, and stops after so many answers.
//
//     npm install            (once, in this folder)
//     node minimal_agent.mjs ipc:///tmp/socket 5
//     racket racket/run-search.rkt --connect ipc:///tmp/socket

import { Router } from "zeromq"

const [endpoint, wanted] = process.argv.slice(2)
const sessions = new Map() // name -> {open: what may be picked, last: {id, reply}}
let answers = 0

// The reply without v, id and session. Its body is empty.
function replyTo(request, body) {
  const { type, session: name } = request
  if (type === "hello") {
    sessions.set(name, { open: new Set(), last: null })
    const about = { agent: "minimal", scorer: "random", seed: 0, episode: 1, deadline_s: 10 }
    return { type: "hello_reply", ...about }
  }
  const session = sessions.get(name)
  if (!session) return { type: "error", code: "unknown_session", message: "say hello first" }
  if (type === "shutdown" || type === "episode_end") return { type: `${type}_reply` }
  if (answers >= Number(wanted)) return { type: "shutdown", reason: "that is enough" }
  if (type === "choose") {
    for (const line of body.split("\n")) if (line) session.open.add(Number(line.split(" ")[0]))
    for (const index of request.closed) session.open.delete(index)
    const from = request.candidates === "all" ? [...session.open] : request.candidates
    const index = from[Math.floor(Math.random() * from.length)]
    session.open.delete(index)
    return { type: "choose_reply", index, scorer: "random", explored: true }
  }
  if (type !== "answer") return { type: "error", code: "refused", message: `no ${type} here` }
  answers += 1
  console.log(body)
  return { type: "answer_reply", status: "held" }
}

const socket = new Router()
await socket.bind(endpoint)
while (answers < Number(wanted) || sessions.size) {
  const [address, header, body] = await socket.receive()
  const request = JSON.parse(header)
  let last = sessions.get(request.session)?.last
  if (last?.id !== request.id) { // a request that was sent again gets the same reply
    const { type, ...fields } = replyTo(request, body.toString())
    const reply = { v: 1, type, id: request.id, session: request.session, ...fields }
    last = { id: request.id, reply: JSON.stringify(reply) }
  }
  const session = sessions.get(request.session)
  if (session) session.last = last
  await socket.send([address, last.reply, ""])
  if (JSON.parse(last.reply).type.startsWith("shutdown")) sessions.delete(request.session)
}
