// An S3 server on loopback: s3rver keeps the objects; in front of it stands
// what it lacks and what a test must be able to see fail:
//   - every signature is computed anew by aws4, and the payload must be the
//     one that was signed; reading objects needs no signature (a public
//     bucket)
//   - If-None-Match: * for PutObject
//
//   node s3_server.js NPM-DIRECTORY DATA-DIRECTORY BUCKET
//
// prints "PORT" when it listens.  Keys: access "S3RVER", secret
// "hidden-secret".  In the environment: S3_SESSION, a session token that must
// be there; S3_CONDITIONS=no, 501 to If-None-Match; S3_BREAKS=yes, resets the
// connection in the middle of every PUT, until the file DATA-DIRECTORY/healthy
// exists.
'use strict';

const crypto = require('crypto');
const fs = require('fs');
const http = require('http');
const path = require('path');

const [npm, data, bucket] = process.argv.slice(2);
const need = (name) => require(path.join(npm, 'node_modules', name));
const aws4 = need('aws4');
const S3rver = need('s3rver');

const ACCESS = 'S3RVER';
const SECRET = 'hidden-secret';

function answer(res, status, body) {
  res.writeHead(status, {
    'Content-Type': 'application/xml',
    'Content-Length': Buffer.byteLength(body),
    Connection: 'close',
  });
  res.end(body);
}

function refuse(req, res, status, code, message) {
  req.resume();
  answer(res, status, `<?xml version="1.0" encoding="UTF-8"?>\n` +
    `<Error><Code>${code}</Code><Message>${message}</Message></Error>`);
}

function signatureFault(req) {
  const given = req.headers.authorization || '';
  const match = /^AWS4-HMAC-SHA256 Credential=([^/]+)\/\d{8}\/([^/]+)\/([^/]+)\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/
    .exec(given);
  if (!match) return 'AccessDenied';
  const [, access, region, service, names, signature] = match;
  const headers = {};
  for (const name of names.split(';')) headers[name] = req.headers[name];
  if (access !== ACCESS) return 'InvalidAccessKeyId';
  if (!names.split(';').includes('host') || !('x-amz-date' in headers) ||
    !('x-amz-content-sha256' in headers)) {
    return 'AccessDenied';
  }
  for (const name of Object.keys(req.headers)) {
    if (name.startsWith('x-amz-') && !(name in headers)) return 'AccessDenied';
  }
  if (process.env.S3_SESSION &&
    headers['x-amz-security-token'] !== process.env.S3_SESSION) {
    return 'InvalidToken';
  }
  const signed = aws4.sign({
    host: headers.host, method: req.method, path: req.url, headers, region,
    service,
  }, { accessKeyId: ACCESS, secretAccessKey: SECRET });
  return signed.headers.Authorization.endsWith(`Signature=${signature}`)
    ? null : 'SignatureDoesNotMatch';
}

// The object's bytes go on only when they are those signed: the
// last piece waits for that.
function forward(req, res, inner) {
  const hash = crypto.createHash('sha256');
  const promised = req.headers['x-amz-content-sha256'];
  const headers = { ...req.headers, connection: 'close' };
  const source = headers['x-amz-copy-source'];
  // s3rver decodes it with decodeURI(), which leaves "%2B".
  if (source) headers['x-amz-copy-source'] = decodeURIComponent(source);
  const up = http.request({
    port: inner, host: '127.0.0.1', method: req.method, path: req.url, headers,
  });
  let held = null;
  up.on('error', () => res.destroy());
  up.on('response', (from) => {
    res.writeHead(from.statusCode, from.headers);
    from.pipe(res);
  });
  req.on('data', (piece) => {
    hash.update(piece);
    if (held && !up.write(held)) {
      req.pause();
      up.once('drain', () => req.resume());
    }
    held = piece;
  });
  req.on('end', () => {
    if (promised && promised !== 'UNSIGNED-PAYLOAD' &&
      hash.digest('hex') !== promised) {
      up.destroy();
      answer(res, 400, '<Error><Code>XAmzContentSHA256Mismatch</Code></Error>');
      return;
    }
    up.end(held || undefined);
  });
}

function exists(inner, url) {
  return new Promise((resolve) => http.request(
    { port: inner, host: '127.0.0.1', method: 'HEAD', path: url },
    (from) => { from.resume(); resolve(from.statusCode === 200); }).end());
}

function breakOff(req) {
  if (!process.env.S3_BREAKS || req.method !== 'PUT' ||
    fs.existsSync(path.join(data, 'healthy'))) {
    return false;
  }
  req.once('data', () => req.socket.resetAndDestroy
    ? req.socket.resetAndDestroy() : req.socket.destroy());
  return true;
}

async function serve(req, res, inner) {
  const url = new URL(req.url, 'http://localhost');
  const reads = (req.method === 'GET' || req.method === 'HEAD') && !url.search;
  const fault = reads && !req.headers.authorization ? null
    : signatureFault(req);
  console.error(`${req.method} ${req.url} ${fault || 'signed'}`);
  if (fault) return refuse(req, res, 403, fault, 'no such thing');
  if (req.headers['if-none-match'] === '*' && !reads) {
    if (process.env.S3_CONDITIONS === 'no') {
      return refuse(req, res, 501, 'NotImplemented', 'If-None-Match');
    }
    if (await exists(inner, url.pathname)) {
      return refuse(req, res, 412, 'PreconditionFailed', 'it is there');
    }
  }
  return breakOff(req) ? undefined : forward(req, res, inner);
}

const store = new S3rver({
  address: '127.0.0.1', port: 0, silent: true, directory: data,
  vhostBuckets: false, configureBuckets: [{ name: bucket }],
});
store.run().then(({ port: inner }) => {
  const server = http.createServer((req, res) => serve(req, res, inner));
  server.listen(0, '127.0.0.1', () => console.log(server.address().port));
});
