// What takes messages in the place of a provider (--notify-url), and keeps them for the test.
import { createServer } from 'node:http'

export class Sink {
  messages = []

  async start() {
    this.server = createServer(async (req, res) => {
      let text = ''
      for await (const part of req) text += part
      this.messages.push(JSON.parse(text))
      res.writeHead(200, { 'Content-Type': 'application/json' }).end('{}')
    })
    await new Promise((done) => this.server.listen(0, '127.0.0.1', done))
    this.url = `http://127.0.0.1:${this.server.address().port}/`
    return this
  }

  /** Waits for a message of which `found` says something. */
  async until(found) {
    for (let i = 0; i < 200; i++) {
      for (const m of this.messages) {
        const what = found(m)
        if (what) return what
      }
      await new Promise((done) => setTimeout(done, 50))
    }
    throw new Error(`no such message among ${JSON.stringify(this.messages)}`)
  }

  close() { return new Promise((done) => { this.server.closeAllConnections(); this.server.close(done) }) }
}
