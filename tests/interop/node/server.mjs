// An https server of a stranger: routes by "METHOD /path", JSON and forms in, anything out.
import { createServer } from 'node:https'

async function bodyOf(request) {
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  const text = Buffer.concat(chunks).toString()
  const kind = request.headers['content-type'] ?? ''
  if (kind.startsWith('application/x-www-form-urlencoded')) return Object.fromEntries(new URLSearchParams(text))
  return text ? JSON.parse(text) : {}
}

// The settings come as one line on standard input; what `open` tells goes out as the first line.
export async function serve(open) {
  const settings = await new Promise((resolve) => process.stdin.once('data', (line) => resolve(JSON.parse(line))))
  const server = createServer({ key: settings.tls.key, cert: settings.tls.certificate })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `https://localhost:${server.address().port}`
  const { routes, told } = await open({ ...settings, url })
  server.on('request', async (request, response) => {
    const path = request.url.split('?')[0]
    const found = routes[`${request.method} ${path}`] ?? routes[`${request.method} ${path.slice(0, path.lastIndexOf('/'))}/*`]
    try {
      if (!found) throw Object.assign(new Error('no such page'), { status: 404 })
      const { status = 200, type = 'application/json', headers = {}, body } = await found({
        body: await bodyOf(request),
        query: new URL(request.url, url).searchParams,
        last: path.slice(path.lastIndexOf('/') + 1),
        request: { method: request.method, url: url + path, headers: new Headers(request.headers) },
      })
      response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store', ...headers })
      response.end(type === 'application/json' ? JSON.stringify(body ?? {}) : body)
    } catch (error) {
      process.stderr.write(`${request.method} ${path}: ${error.stack}\n`)
      response.writeHead(error.status ?? 400, { 'content-type': 'application/json' })
      response.end(JSON.stringify(error.errorResponse ?? { error: 'server_error', error_description: error.message }))
    }
  })
  process.stdout.write(`${JSON.stringify({ url, ...told })}\n`)
}
