// A Forgejo, checked from its own description of its API (swagger.v1.json):
// paths, members and their types, statuses.
import { Answer, members } from './common.mjs';
import * as family from './family.mjs';

export { show } from './family.mjs';

function authorize(world, request) {
	if (request.headers.authorization !== `token ${world.token}`)
		throw new Answer(401, { message: 'invalid username, password or token',
			url: `${world.origin}/api/swagger` });
}

const release = { tag_name: 'string', target_commitish: 'string', name: 'string',
	body: 'string', draft: 'boolean', prerelease: 'boolean',
	hide_archive_links: 'boolean' };
const change = { title: 'string', head: 'string', base: 'string', body: 'string' };

const routes = [
	['GET', /^\/tags\/(.+)$/, (w, q, [tag]) => {
		const name = decodeURIComponent(tag);
		const id = w.ref(`refs/tags/${name}`);
		if (!id)
			throw new Answer(404, { message: "The target couldn't be found.", errors: [] });
		return [200, { name, id, message: '', commit: { sha: w.ref(`refs/tags/${name}^{commit}`) } }];
	}],
	['GET', /^\/releases\/tags\/(.+)$/, (w, q, [tag]) => {
		const r = w.state.releases.find(
			(other) => !other.draft && other.tag_name === decodeURIComponent(tag));
		if (!r)
			throw new Answer(404, { message: "The target couldn't be found.", errors: [] });
		return [200, family.release(w, q, {}, r)];
	}],
	['GET', /^\/releases$/, (w, q) => [200, family.page(q, w.state.releases.filter(
		(r) => q.query.get('draft') === null || String(r.draft) === q.query.get('draft')),
	'limit').map((r) => family.release(w, q, {}, r))]],
	['POST', /^\/releases$/, (w, q) => [201, family.release(w, q, {},
		family.add_release(w, q, members(q, release, ['tag_name'])))]],
	['PATCH', /^\/releases\/(\d+)$/, (w, q, [id]) => [200, family.release(w, q, {},
		family.edit_release(w, q, id, members(q, release, [])))]],
	['DELETE', /^\/releases\/(\d+)$/, (w, q, [id]) => {
		family.remove_release(w, id);
		return [204];
	}],
	['GET', /^\/releases\/(\d+)\/assets$/, (w, q, [id]) => {
		const r = family.by_id(w, id);
		return [200, r.assets.map((a) => family.asset(w, r, {}, a))];
	}],
	['POST', /^\/releases\/(\d+)\/assets$/, (w, q, [id]) => {
		const [r, a] = family.add_asset(w, q, id, q.query.get('name'));
		return [201, family.asset(w, r, {}, a)];
	}],
	['DELETE', /^\/releases\/(\d+)\/assets\/(\d+)$/, (w, q, [id, asset]) => {
		if (!family.by_id(w, id).assets.some((a) => a.id === Number(asset)))
			throw new Answer(404, { message: 'not there', errors: [] });
		family.remove_asset(w, asset);
		return [204];
	}],
	['GET', /^\/pulls$/, (w, q) => [200, family.page(q, w.state.requests.filter(
		(p) => [null, 'all', p.state].includes(q.query.get('state'))), 'limit')
		.map((p) => family.change(w, {}, p))]],
	['POST', /^\/pulls$/, (w, q) => [201, family.change(w, {},
		family.add_change(w, q, members(q, change, ['title', 'head', 'base'])))]],
];

export async function handle(world, request, validate) {
	const m = /^\/api\/v1\/repos\/o\/r(\/.*)$/.exec(request.path);
	if (!m)
		return family.download(world, request.path);
	authorize(world, request);
	request.plain = `/repos/o/r${m[1]}${request.search}`;
	await validate();
	for (const [method, path, answer] of routes) {
		const found = method === request.method && path.exec(m[1]);
		if (found)
			return new Answer(...answer(world, request, found.slice(1)));
	}
	throw request.refuse('no such request is known here');
}
