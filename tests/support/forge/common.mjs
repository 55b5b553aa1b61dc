// What the forges of the tests share.

// What a handler answers with.
export class Answer extends Error {
	constructor(status, body, headers = {}) {
		super(String(status));
		Object.assign(this, { status, body, headers });
	}
}

// The members of a JSON body: no others, and of these types.
export function members(request, types, needed) {
	let body;
	if (!/^application\/json\b/.test(request.headers['content-type'] ?? ''))
		throw request.refuse('the body is no application/json');
	try {
		body = JSON.parse(request.body.toString('utf8'));
	} catch {
		throw request.refuse('the body is no JSON');
	}
	for (const key of Object.keys(body))
		if (typeof body[key] !== types[key])
			throw request.refuse(`"${key}" is no ${types[key]}`);
	for (const key of needed)
		if (!(key in body))
			throw request.refuse(`"${key}" is missing`);
	return body;
}
