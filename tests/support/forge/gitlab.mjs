// A GitLab, checked from its documentation: the packages, generic packages,
// releases, release links and merge requests APIs.
import { createHash } from 'node:crypto';
import { Answer, members } from './common.mjs';

const NOT_FOUND = (what) => new Answer(404, { message: `404 ${what}Not Found` });
const BELOW = '/api/v4/projects/g%2Fs%2Fp';

function authorize(world, request) {
	if (request.headers['private-token'] !== world.token &&
	    request.headers['job-token'] !== `job-${world.token}`)
		throw new Answer(401, { message: '401 Unauthorized' });
}

// Neither "~" nor "/" may be in any of the three.
const NAMES = /^\/packages\/generic\/([\w.+-]+)\/([\w.+-]+)\/([\w.+-]+)$/;

const file = (f) => ({ id: f.id, package_id: f.package, file_name: f.file_name,
	size: f.size, file_sha256: f.digest, file_md5: null, file_sha1: null });
const release = (w, r) => ({ tag_name: r.tag_name, name: r.name,
	description: r.description, commit: { id: r.commit },
	assets: { count: r.links.length, links: r.links },
	_links: { self: `${w.origin}/g/s/p/-/releases/${r.tag_name}` } });
const change = (w, p) => ({ id: p.id, iid: p.id, title: p.title,
	description: p.description, state: p.state, source_branch: p.source_branch,
	target_branch: p.target_branch, web_url: `${w.origin}/g/s/p/-/merge_requests/${p.id}` });

const page = (q, list) => {
	const size = Number(q.query.get('per_page') ?? 20);
	const at = Number(q.query.get('page') ?? 1) - 1;
	return list.slice(at * size, at * size + size);
};

function packages(w, q) {
	const out = new Map();
	for (const f of w.state.files)
		out.set(f.package, { id: f.package, name: f.name, version: f.version,
			package_type: 'generic', status: 'default' });
	return [...out.values()].filter((p) =>
		[null, p.package_type].includes(q.query.get('package_type')) &&
		p.name.includes(q.query.get('package_name') ?? '') &&
		[null, p.version].includes(q.query.get('package_version')));
}

function find(w, tag) {
	const r = w.state.releases.find((other) => other.tag_name === decodeURIComponent(tag));
	if (!r)
		throw NOT_FOUND('');
	return r;
}

function upload(w, q, [name, version, file_name]) {
	const there = w.state.files.find((f) => f.name === name && f.version === version);
	const f = { id: w.id(), package: there?.package ?? w.id(), name, version,
		file_name, size: q.body.length,
		digest: createHash('sha256').update(q.body).digest('hex'),
		bytes: q.body.toString('base64') };
	if (w.state.files.some((other) => other.package === f.package && other.file_name === file_name))
		throw q.refuse(`a second file ${file_name}`);
	w.state.files.push(f);
	return [201, q.query.get('select') === 'package_file' ? file(f)
		: { message: '201 Created' }];
}

function add_release(w, q) {
	const fields = members(q, { tag_name: 'string', name: 'string',
		description: 'string', ref: 'string' }, ['tag_name']);
	const commit = w.ref(`refs/tags/${fields.tag_name}^{commit}`);
	if (w.state.releases.some((r) => r.tag_name === fields.tag_name))
		throw new Answer(409, { message: 'Release already exists' });
	if (!commit)
		throw new Answer(422, { message: 'Ref is not specified' });
	if ([...(fields.description ?? '')].length > 1000000)
		throw new Answer(400, { message:
			'Validation failed: Description is too long (maximum is 1000000 characters)' });
	const r = { ...fields, commit, links: [] };
	w.state.releases.push(r);
	return [201, release(w, r)];
}

function add_link(w, q, [tag]) {
	const link = members(q, { name: 'string', url: 'string', link_type: 'string',
		direct_asset_path: 'string' }, ['name', 'url']);
	const r = find(w, tag);
	if (!['other', 'runbook', 'image', 'package', undefined].includes(link.link_type))
		throw q.refuse('no such link_type');
	if (r.links.some((l) => l.name === link.name || l.url === link.url))
		throw new Answer(400, { message: { name: ['has already been taken'] } });
	r.links.push({ id: w.id(), ...link });
	return [201, r.links.at(-1)];
}

function add_change(w, q) {
	const p = members(q, { source_branch: 'string', target_branch: 'string',
		title: 'string', description: 'string', remove_source_branch: 'boolean' },
	['source_branch', 'target_branch', 'title']);
	if (!w.ref(`refs/heads/${p.source_branch}`))
		throw new Answer(400, { message: { base: ['Source branch does not exist'] } });
	if (w.state.requests.some((o) => o.state === 'opened' && o.source_branch === p.source_branch))
		throw new Answer(409, { message: ['Another open merge request already exists for this source branch: !1'] });
	w.state.requests.push({ id: w.id(), state: 'opened', ...p });
	return [201, change(w, w.state.requests.at(-1))];
}

const routes = [
	['GET', /^\/packages$/, (w, q) => [200, page(q, packages(w, q))]],
	['GET', /^\/packages\/(\d+)\/package_files$/, (w, q, [id]) => [200,
		page(q, w.state.files.filter((f) => f.package === Number(id)).map(file))]],
	['DELETE', /^\/packages\/(\d+)$/, (w, q, [id]) => {
		w.state.files = w.state.files.filter((f) => f.package !== Number(id));
		return [204];
	}],
	['DELETE', /^\/packages\/(\d+)\/package_files\/(\d+)$/, (w, q, [id, f]) => {
		w.state.files = w.state.files.filter((o) => o.id !== Number(f));
		return [204];
	}],
	['PUT', NAMES, upload],
	['GET', /^\/releases\/([^/]+)$/, (w, q, [tag]) => [200, release(w, find(w, tag))]],
	['POST', /^\/releases$/, add_release],
	['DELETE', /^\/releases\/([^/]+)$/, (w, q, [tag]) => {
		const r = find(w, tag);
		w.state.releases = w.state.releases.filter((o) => o !== r);
		return [200, release(w, r)];
	}],
	['GET', /^\/releases\/([^/]+)\/assets\/links$/, (w, q, [tag]) => [200,
		page(q, find(w, tag).links)]],
	['POST', /^\/releases\/([^/]+)\/assets\/links$/, add_link],
	['DELETE', /^\/releases\/([^/]+)\/assets\/links\/(\d+)$/, (w, q, [tag, id]) => {
		const r = find(w, tag);
		r.links = r.links.filter((l) => l.id !== Number(id));
		return [200, {}];
	}],
	['GET', /^\/merge_requests$/, (w, q) => [200, page(q, w.state.requests
		.filter((p) => ['state', 'source_branch', 'target_branch'].every(
			(key) => [null, p[key]].includes(q.query.get(key))))
		.map((p) => change(w, p)))]],
	['POST', /^\/merge_requests$/, add_change],
];

// What browsers and opam get, without a token.
function download(w, path) {
	const names = NAMES.exec(path);
	const f = names && w.state.files.filter((o) => o.name === names[1] &&
		o.version === names[2] && o.file_name === names[3]).at(-1);
	return f ? new Answer(200, Buffer.from(f.bytes, 'base64'),
		{ 'content-type': 'application/octet-stream' }) : NOT_FOUND('Package ');
}

export function show(world) {
	return {
		releases: world.state.releases.map((r) => ({ tag: r.tag_name,
			name: r.name, description: r.description,
			links: r.links.map(({ id, ...rest }) => rest) })),
		files: world.state.files.map((f) => [f.name, f.version, f.file_name, f.digest]),
		requests: world.state.requests.map(({ id, ...rest }) => rest),
	};
}

export async function handle(world, request) {
	if (!request.path.startsWith(BELOW))
		throw request.refuse('no such project is known here');
	const path = request.path.slice(BELOW.length);
	if (request.method === 'GET' && NAMES.test(path))
		return download(world, path);
	authorize(world, request);
	for (const [method, pattern, answer] of routes) {
		const found = method === request.method && pattern.exec(path);
		if (found)
			return new Answer(...answer(world, request, found.slice(1)));
	}
	throw request.refuse('no such request is known here');
}
