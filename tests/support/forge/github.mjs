// api.github.com, below /api/v3 as GitHub Enterprise Server has it.  Requests
// are checked by the mock of the vendor's description; what only the running
// service knows is checked here.
import { Answer } from './common.mjs';
import * as family from './family.mjs';

export { show } from './family.mjs';

function authorize(world, request) {
	if (request.headers.authorization !== `Bearer ${world.token}`)
		throw new Answer(401, { message: 'Bad credentials',
			documentation_url: 'https://docs.github.com/rest', status: '401' });
	if (!request.headers['user-agent'])
		throw request.refuse('no User-Agent');
	if (request.headers['x-github-api-version'] !== '2022-11-28')
		throw request.refuse('no X-GitHub-Api-Version');
}

const json = (request) => JSON.parse(request.body.toString('utf8'));

const routes = [
	['GET', /^\/git\/ref\/tags%2F(.+)$/, (w, q, example, [tag]) => {
		const sha = w.ref(`refs/tags/${decodeURIComponent(tag)}`);
		if (!sha)
			throw new Answer(404, { message: 'Not Found' });
		return [200, { ...example(), object: { ...example().object, sha, type: 'tag' } }];
	}],
	['GET', /^\/releases\/tags\/(.+)$/, (w, q, example, [tag]) => {
		const r = w.state.releases.find(
			(other) => !other.draft && other.tag_name === decodeURIComponent(tag));
		if (!r)
			throw new Answer(404, { message: 'Not Found' });
		return [200, family.release(w, q, example(), r)];
	}],
	['GET', /^\/releases$/, (w, q, example) => [200,
		family.page(q, w.state.releases, 'per_page')
			.map((r) => family.release(w, q, example()?.[0], r))]],
	['POST', /^\/releases$/, (w, q, example) => [201,
		family.release(w, q, example(), family.add_release(w, q, json(q)))]],
	['PATCH', /^\/releases\/(\d+)$/, (w, q, example, [id]) => [200,
		family.release(w, q, example(), family.edit_release(w, q, id, json(q)))]],
	['DELETE', /^\/releases\/(\d+)$/, (w, q, example, [id]) => {
		family.remove_release(w, id);
		return [204];
	}],
	['GET', /^\/releases\/(\d+)\/assets$/, (w, q, example, [id]) => {
		const r = family.by_id(w, id);
		return [200, family.page(q, r.assets, 'per_page')
			.map((a) => family.asset(w, r, example()?.[0], a))];
	}],
	['POST', /^\/releases\/(\d+)\/assets$/, (w, q, example, [id]) => {
		if (!q.isUpload)
			throw q.refuse('an upload to the API and not to upload_url');
		const [r, a] = family.add_asset(w, q, id, q.query.get('name'));
		return [201, family.asset(w, r, example(), a)];
	}],
	['DELETE', /^\/releases\/assets\/(\d+)$/, (w, q, example, [id]) => {
		family.remove_asset(w, id);
		return [204];
	}],
	['GET', /^\/pulls$/, (w, q, example) => [200, w.state.requests
		.filter((p) => p.state === (q.query.get('state') ?? 'open'))
		.filter((p) => [null, `o:${p.head}`].includes(q.query.get('head')))
		.filter((p) => [null, p.base].includes(q.query.get('base')))
		.map((p) => family.change(w, example()?.[0], p))]],
	['POST', /^\/pulls$/, (w, q, example) => [201,
		family.change(w, example(), family.add_change(w, q, json(q)))]],
];

export async function handle(world, request, validate) {
	const m = /^\/api\/(v3|uploads)\/repos\/o\/r(\/.*)$/.exec(request.path);
	if (!m)
		return family.download(world, request.path);
	authorize(world, request);
	request.isUpload = m[1] === 'uploads';
	request.plain = `/repos/o/r${m[2]}${request.search}`;
	const example = await validate();
	for (const [method, path, answer] of routes) {
		const found = method === request.method && path.exec(m[2]);
		if (found)
			return new Answer(...answer(world, request,
				() => structuredClone(example), found.slice(1)));
	}
	throw request.refuse('no such request is known here');
}
