// A proxy on loopback in front of a test's server, which does to one request
// what no server can be told to do.
//
//   node fault_proxy.js PORT-OF-THE-SERVER FAULT-FILE LOG-FILE
//
// prints its port when it listens.  Each request becomes a line of LOG-FILE:
// method, path, Host, and "secret" when it came with credentials, else "-".
// FAULT-FILE, when it is there, is JSON: {"match": a regular expression over
// "METHOD PATH", "mode": …, "times": 1}, and is removed when it has been
// obeyed that often.  Modes:
//   answer    "status", "headers" and "body", after the payload was taken
//   done      the same, after the server has done it
//   reset     resets the connection in the middle of the payload, or at once
//   stall     takes some and says nothing more
//   short     200 and 10 bytes of 1000
//   endless   200 and a body without end
'use strict';

const fs = require('fs');
const http = require('http');

const [target, faultFile, logFile] = process.argv.slice(2);

function takeFault(req) {
  let fault;
  try {
    fault = JSON.parse(fs.readFileSync(faultFile, 'utf8'));
  } catch (error) {
    return null;
  }
  if (!new RegExp(fault.match).test(`${req.method} ${req.url}`)) return null;
  const left = (fault.times || 1) - 1;
  if (left > 0) {
    fs.writeFileSync(faultFile, JSON.stringify({ ...fault, times: left }));
  } else {
    fs.unlinkSync(faultFile);
  }
  return fault;
}

function answer(res, fault) {
  const body = fault.body || '';
  res.writeHead(fault.status, {
    ...fault.headers, 'Content-Length': Buffer.byteLength(body),
  });
  res.end(body);
}

function flood(res) {
  while (!res.destroyed && res.write('0123456789abcdef'.repeat(256)));
  if (!res.destroyed) res.once('drain', () => flood(res));
}

function misbehave(req, res, fault) {
  switch (fault.mode) {
    case 'reset':
      if (Number(req.headers['content-length']) > 0) {
        req.once('data', () => req.socket.resetAndDestroy());
      } else {
        req.socket.resetAndDestroy();
      }
      return;
    case 'stall':
      req.once('data', () => req.pause());
      return;
    case 'short':
      req.resume().on('end', () => {
        res.writeHead(200, { 'Content-Length': 1000 });
        res.write('0123456789', () => req.socket.end());
      });
      return;
    case 'endless':
      req.resume().on('end', () => { res.writeHead(200); flood(res); });
      return;
    default:
      req.resume().on('end', () => answer(res, fault));
  }
}

function forward(req, res, fault) {
  const up = http.request({
    port: Number(target), host: '127.0.0.1', method: req.method, path: req.url,
    headers: { ...req.headers, connection: 'close' },
  }, (from) => {
    if (fault) {
      from.resume().on('end', () => answer(res, fault));
      return;
    }
    res.writeHead(from.statusCode, from.headers);
    from.pipe(res);
  });
  up.on('error', () => req.socket.destroy());
  req.pipe(up);
}

const server = http.createServer((req, res) => {
  const secret = req.headers.authorization ? 'secret' : '-';
  fs.appendFileSync(logFile,
    `${req.method} ${req.url} ${req.headers.host} ${secret}\n`);
  const fault = takeFault(req);
  if (fault && fault.mode !== 'done') {
    misbehave(req, res, fault);
  } else {
    forward(req, res, fault);
  }
});
server.on('clientError', (error, socket) => socket.destroy());
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
