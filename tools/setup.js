// Makes this checkout ready for `npm start`, `npm test` or `npm run test:kernels`: npm packages from the lock file, and
// Debian packages where it may.
// Plain JavaScript without dependencies: it runs before there are any, under whatever Node is there (20 or newer).
//
//   node tools/setup.js start|test|kernels
import { installDebian } from './setup/debian.js';
import { installNpm } from './setup/npm.js';

/** What each command uses of Debian, and for what. */
const debian = {
  start: { ip: 'iproute2', nginx: 'nginx-light' },
  test: {
    ip: 'iproute2',
    nginx: 'nginx-light',
    ethtool: 'ethtool',
    python3: 'python3',
    iptables: 'iptables',
    nft: 'nftables',
    conntrack: 'conntrack',
    tcpdump: 'tcpdump',
    tshark: 'tshark',
    wrk: 'wrk',
    iperf3: 'iperf3',
    tcpreplay: 'tcpreplay',
    ndpiReader: 'libndpi-bin',
    snmpd: 'snmpd',
    etcd: 'etcd-server',
    openssl: 'openssl',
    haproxy: 'haproxy',
    clang: 'clang',
    'llvm-objdump': 'llvm',
    bpftool: 'bpftool',
    strace: 'strace',
  },
  kernels: {
    'qemu-system-x86_64': 'qemu-system-x86',
    'qemu-system-aarch64': 'qemu-system-arm',
    busybox: 'busybox-static',
    ip: 'iproute2',
  },
};

const purpose = process.argv[2];
if (purpose !== 'start' && purpose !== 'test' && purpose !== 'kernels') {
  console.error('usage: node tools/setup.js start|test|kernels');
  process.exit(2);
}
installNpm();
installDebian(debian[purpose]);
