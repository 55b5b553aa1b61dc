// Releases with assets, and pull requests, as GitHub and Forgejo have them.
import { createHash } from 'node:crypto';
import { Answer } from './common.mjs';

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

export function release(world, request, example, r) {
	return { ...example, id: r.id, tag_name: r.tag_name, name: r.name,
		body: r.body, draft: r.draft, prerelease: r.prerelease === true,
		html_url: `${world.origin}/o/r/releases/tag/${r.tag_name}`,
		upload_url: `${world.origin}/api/uploads/repos/o/r/releases/${r.id}/assets{?name,label}`,
		assets: [] };
}

export function asset(world, r, example, a) {
	const tag = r.draft ? `untagged-${r.id}` : r.tag_name;
	const out = { ...example, id: a.id, name: a.name, size: a.size,
		browser_download_url:
			`${world.origin}/o/r/releases/download/${tag}/${a.name}` };
	if (world.kind === 'github')
		Object.assign(out, { state: a.state,
			digest: a.digest ? `sha256:${a.digest}` : null });
	return out;
}

export function change(world, example, p) {
	return { ...example, id: p.id, number: p.id, title: p.title, body: p.body,
		state: p.state, html_url: `${world.origin}/o/r/pull/${p.id}`,
		head: { ...example?.head, ref: p.head }, base: { ...example?.base, ref: p.base } };
}

// What the tests compare: nothing that differs from run to run.
export function show(world) {
	return {
		releases: world.state.releases.map((r) => ({ tag: r.tag_name,
			name: r.name, body: r.body, draft: r.draft,
			prerelease: r.prerelease === true, latest: r.draft ? undefined : r.make_latest,
			assets: r.assets.map((a) => `${a.name} ${a.state} ${a.digest}`) })),
		requests: world.state.requests.map(({ id, ...rest }) => rest),
	};
}

const find = (world, id) => {
	const found = world.state.releases.find((r) => r.id === Number(id));
	if (!found)
		throw new Answer(404, { message: 'Not Found' });
	return found;
};

export function add_release(world, request, fields) {
	if (world.state.releases.some((r) => r.tag_name === fields.tag_name && !r.draft))
		throw new Answer(world.kind === 'github' ? 422 : 409,
			{ message: 'Validation Failed', errors: [{ resource: 'Release',
				code: 'already_exists', field: 'tag_name' }] });
	// what GitHub says of such a body; Forgejo has no limit
	if (world.kind === 'github' && [...(fields.body ?? '')].length > 125000)
		throw new Answer(422, { message: 'Validation Failed', errors: [{
			resource: 'Release', code: 'custom', field: 'body',
			message: 'body is too long (maximum is 125000 characters)' }] });
	if (!fields.draft && !world.ref(`refs/tags/${fields.tag_name}`))
		throw request.refuse('the release would make its tag');
	const r = { id: world.id(), name: '', body: '', draft: false, ...fields,
		assets: [] };
	world.state.releases.push(r);
	return r;
}

export function edit_release(world, request, id, fields) {
	const r = find(world, id);
	if (fields.draft === false && !world.ref(`refs/tags/${r.tag_name}`))
		throw request.refuse('the release would make its tag');
	// "Defaults to true for newly published releases"
	if (world.kind === 'github' && r.draft && fields.draft === false)
		r.make_latest = r.prerelease ? undefined : 'true';
	return Object.assign(r, fields);
}

export function remove_release(world, id) {
	const r = find(world, id);
	world.state.releases = world.state.releases.filter((other) => other !== r);
}

export function add_asset(world, request, id, name) {
	const r = find(world, id);
	if (!name)
		throw request.refuse('an asset without a name');
	if (request.headers['content-type'] !== 'application/octet-stream')
		throw request.refuse('an asset that is no application/octet-stream');
	// GitHub refuses a second one of the name; Forgejo keeps both
	if (r.assets.some((a) => a.name === name)) {
		if (world.kind === 'github')
			throw new Answer(422, { message: 'Validation Failed',
				errors: [{ resource: 'ReleaseAsset', code: 'already_exists',
					field: 'name' }] });
		throw request.refuse(`a second asset ${name}`);
	}
	const a = { id: world.id(), name, size: request.body.length,
		state: 'uploaded', digest: sha256(request.body),
		bytes: request.body.toString('base64') };
	r.assets.push(a);
	return [r, a];
}

export function remove_asset(world, id) {
	const r = world.state.releases.find(
		(other) => other.assets.some((a) => a.id === Number(id)));
	if (!r)
		throw new Answer(404, { message: 'Not Found' });
	r.assets = r.assets.filter((a) => a.id !== Number(id));
}

// What browsers and opam get, without a token.
export function download(world, path) {
	const m = /^\/o\/r\/releases\/download\/(.+)\/([^/]+)$/.exec(path);
	const r = m && world.state.releases.find(
		(other) => !other.draft && other.tag_name === decodeURIComponent(m[1]));
	const a = r?.assets.find((other) => other.name === decodeURIComponent(m[2]));
	if (!a || a.state !== 'uploaded')
		throw new Answer(404, 'Not Found', { 'content-type': 'text/plain' });
	return new Answer(200, Buffer.from(a.bytes, 'base64'),
		{ 'content-type': 'application/octet-stream' });
}

export function add_change(world, request, { title, head, base, body }) {
	if (!world.ref(`refs/heads/${head}`) || !world.ref(`refs/heads/${base}`))
		throw request.refuse(`no branch ${head} or ${base}`);
	if (world.state.requests.some((p) => p.state === 'open' && p.head === head && p.base === base))
		throw new Answer(world.kind === 'github' ? 422 : 409,
			{ message: 'Validation Failed', errors: [{
				message: `A pull request already exists for o:${head}.` }] });
	const p = { id: world.id(), title, head, base, body: body ?? '', state: 'open' };
	world.state.requests.push(p);
	return p;
}

export const by_id = find;
export function page(request, list, name) {
	const size = Number(request.query.get(name) ?? 30);
	const at = Number(request.query.get('page') ?? 1) - 1;
	return list.slice(at * size, at * size + size);
}
