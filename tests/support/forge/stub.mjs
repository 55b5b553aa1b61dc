// A forge for the tests: keeps releases, files and requests in memory, and
// checks what it is asked.
//	node stub.mjs KIND GIT-DIRECTORY [PRISM]
// KIND           github, gitlab or forgejo: the file of that name
// GIT-DIRECTORY  the repository whose tags and branches the forge has
// PRISM          address of a validating mock of the vendor's description:
//                every request goes there first, one that it refuses is
//                refused, and answers have its examples' members
// Prints its address.  Below it, beside the forge:
//	GET /_state       what there is, without what differs from run to run
//	GET /_snapshot    all of it; PUT /_snapshot puts it back
//	GET /_wrong       what was asked that a forge would not understand
//	GET /_log         method and path of each request
//	POST /_fault      {"match": "POST /…/releases$", "status": 500,
//	                   "body": "…", "headers": {…}, "times": 1,
//	                   "mode": "reset" | "after"}: the next request that
//	                  matches is answered so; "reset" breaks the connection
//	                  in the middle of the answer, "after" does what was
//	                  asked for first
import { execFileSync } from 'node:child_process';
import http from 'node:http';
import { Answer } from './common.mjs';

const [kind, repository, prism] = process.argv.slice(2);
const forge = await import(`./${kind}.mjs`);
const token = 'a-token-of-the-tests';

const world = {
	state: { next: 1, releases: [], files: [], requests: [] },
	wrong: [],
	log: [],
	faults: [],
	kind,
	token,
	prism,
	// the object that a reference is, or null
	ref(name) {
		try {
			return execFileSync('git', ['-C', repository, 'rev-parse',
				'--verify', '-q', name], { encoding: 'utf8' }).trim();
		} catch {
			return null;
		}
	},
	id() {
		return this.state.next++;
	},
};

// Ask the mock; its example of the answer, or undefined without one.
async function validate(request) {
	if (!prism)
		return undefined;
	const isFile = request.headers['content-type'] === 'application/octet-stream';
	const headers = { authorization: request.headers.authorization ?? '' };
	let body = request.body.length ? request.body : undefined;
	if (isFile && kind === 'forgejo') {
		// Swagger 2 has no words for its body that is the file alone
		body = new FormData();
		body.append('attachment', new Blob(['bytes']), 'name');
	} else if (body) {
		headers['content-type'] = request.headers['content-type'];
		body = isFile ? 'bytes' : body;
	}
	const answer = await fetch(prism + request.plain,
		{ method: request.method, headers, body });
	const text = await answer.text();
	const value = text ? JSON.parse(text) : undefined;
	// some of the vendor's examples are not what its schemas say
	if (answer.status === 500 &&
	    value.validation?.every((v) => v.location[0] === 'response'))
		return undefined;
	if (answer.status >= 400)
		throw request.refuse(`the description refuses it: ${text}`);
	return value;
}

function control(request) {
	switch (`${request.method} ${request.path}`) {
	case 'GET /_state':
		return new Answer(200, forge.show(world));
	case 'GET /_snapshot':
		return new Answer(200, world.state);
	case 'PUT /_snapshot':
		world.state = JSON.parse(request.body);
		world.wrong = [];
		world.log = [];
		world.faults = [];
		return new Answer(200, {});
	case 'GET /_wrong':
		return new Answer(200, world.wrong);
	case 'GET /_log':
		return new Answer(200, world.log);
	case 'POST /_fault':
		world.faults.push({ times: 1, ...JSON.parse(request.body) });
		return new Answer(200, {});
	}
	return new Answer(404, {});
}

function fault(request) {
	const line = `${request.method} ${request.path}`;
	const found = world.faults.find(
		(f) => f.times > 0 && new RegExp(f.match).test(line));
	if (found)
		found.times--;
	return found;
}

async function answer(request) {
	try {
		return await forge.handle(world, request, () => validate(request));
	} catch (error) {
		if (error instanceof Answer)
			return error;
		world.wrong.push(`${request.method} ${request.path}: ${error.stack}`);
		return new Answer(500, { message: 'the stub broke' });
	}
}

function write(response, { status, body, headers }) {
	const bytes = Buffer.isBuffer(body) ? body
		: body === undefined ? Buffer.alloc(0)
			: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
	response.writeHead(status, { 'content-type': 'application/json', ...headers,
		...(status === 204 ? {} : { 'content-length': bytes.length }) });
	response.end(status === 204 ? undefined : bytes);
}

async function serve(request, response, body) {
	const url = new URL(request.url, 'http://localhost');
	Object.assign(request, { path: url.pathname, query: url.searchParams,
		search: url.search, body });
	request.refuse = (why) => {
		world.wrong.push(`${request.method} ${request.url}: ${why}`);
		return new Answer(422, { message: why });
	};
	if (request.path.startsWith('/_'))
		return write(response, control(request));
	world.log.push(`${request.method} ${request.path}`);
	const wanted = fault(request);
	if (wanted && wanted.mode !== 'after' && wanted.mode !== 'reset')
		return write(response, new Answer(wanted.status, wanted.body ?? '',
			wanted.headers));
	const given = await answer(request);
	if (wanted?.mode === 'reset') {
		response.writeHead(given.status, { 'content-length': 100000 });
		response.write('{"id": ', () => response.socket.resetAndDestroy());
		return undefined;
	}
	if (wanted)
		return write(response, new Answer(wanted.status, wanted.body ?? '',
			wanted.headers));
	return write(response, given);
}

const server = http.createServer((request, response) => {
	const pieces = [];
	request.on('data', (piece) => pieces.push(piece));
	request.on('error', () => {});
	request.on('end', () => serve(request, response, Buffer.concat(pieces)));
});
server.listen(0, '127.0.0.1', () => {
	world.origin = `http://127.0.0.1:${server.address().port}`;
	process.stdout.write(`${world.origin}\n`);
});
