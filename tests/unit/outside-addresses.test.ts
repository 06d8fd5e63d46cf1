import { expect, test } from "vitest";

import { isPublicAddress, problemWithOutsideUrl } from "#lib/clients/outside-addresses.ts";

// Goal: nothing that an outsider names leads to an address inside our network, however it is written.

test.each([
  ...["8.8.8.8", "1.1.1.1", "172.15.255.255", "172.32.0.1", "192.167.1.1", "100.63.255.255", "100.128.0.1"],
  ...["2001:4860:4860::8888", "2606:4700:4700::1111", "2a00:1450:4001:81b::200e", "::ffff:8.8.8.8"],
])("%s is public", (address) => {
  expect(isPublicAddress(address)).toBe(true);
});

test.each([
  ["loopback", ["127.0.0.1", "127.0.0.2", "127.255.255.255", "::1", "0:0:0:0:0:0:0:1"]],
  ["unspecified", ["0.0.0.0", "0.1.2.3", "::"]],
  [
    "private",
    ["10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1", "192.168.255.255"],
  ],
  ["carrier-grade NAT, where Alibaba's metadata are", ["100.64.0.1", "100.127.255.255", "100.100.100.200"]],
  ["link-local, where most metadata are", ["169.254.169.254", "169.254.0.1", "fe80::1", "fe80::1%eth0"]],
  ["metadata elsewhere", ["168.63.129.16", "192.0.0.192", "fd00:ec2::254", "::ffff:168.63.129.16"]],
  ["unique local, and the site-local before it", ["fc00::1", "fd12:3456:789a::1", "fec0::1"]],
  ["multicast and broadcast", ["224.0.0.1", "239.255.255.250", "ff02::1", "255.255.255.255"]],
  ["reserved", ["240.0.0.1", "192.0.0.1", "192.88.99.1", "198.18.0.1", "198.19.255.255"]],
  ["for documentation", ["192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "3fff::1"]],
  ["IPv4-mapped", ["::ffff:127.0.0.1", "::ffff:7f00:1", "::ffff:169.254.169.254", "::ffff:10.0.0.1"]],
  ["IPv4-compatible and translated", ["::127.0.0.1", "::a9fe:a9fe", "::8.8.8.8", "::ffff:0:127.0.0.1"]],
  ["NAT64", ["64:ff9b::127.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b::8.8.8.8", "64:ff9b:1::7f00:1"]],
  ["6to4", ["2002:7f00:1::", "2002:a9fe:a9fe::1", "2002:808:808::1"]],
  ["Teredo", ["2001::1", "2001:0:7f00:1::", "2001:0:4136:e378:8000:63bf:3fff:fdd2"]],
  ["not given out yet, or withdrawn", ["4000::1", "8000::1", "::2", "100::1", "5f00::1", "2001:10::1"]],
  ["no address", ["", "localhost", "8.8.8.8.", "8.8", "134744072", "0x08080808", "010.8.8.8", "8.8.8.8:443"]],
])("what is %s is not public", (_what, addresses) => {
  for (const address of addresses) expect(isPublicAddress(address), address).toBe(false);
});

test.each([
  ["https://idp.example/jwks", null],
  ["http://localhost:4001/jwks", null],
  ["http://127.0.0.1:4001/jwks", null],
  ["https://[::1]/jwks", null],
  ["https://10.0.0.1/jwks", expect.stringContaining("not a public one")],
  ["https://169.254.169.254/latest/meta-data", expect.stringContaining("not a public one")],
  ["https://0x0a000001/jwks", expect.stringContaining("not a public one")],
  ["https://[::ffff:10.0.0.1]/jwks", expect.stringContaining("not a public one")],
  ["https://idp.example:25/jwks", expect.stringContaining("Port 25")],
  ["https://idp.example:6379/jwks", expect.stringContaining("Port 6379")],
  ["https://user:word@idp.example/jwks", expect.stringContaining("password")],
  ["ftp://idp.example/jwks", expect.stringContaining("https")],
])("what is to be saved as a JWKS address, %s, is looked at as far as it shows", (url, problem) => {
  expect(problemWithOutsideUrl(url)).toEqual(problem);
});
