// What a router does to a packet that it forwards.
import { ethernetLayout, ipv4Layout, ipv6Layout } from '@twinpath/packet';
import type { Lowering } from '../../lowering.ts';
import type { Path, Site } from '../../path.ts';
import type { Value } from '../../value.ts';
import { Code, n } from '../code.ts';
import { storePieces } from '../memory/piece.ts';
import { frameDatagram, ipPart, versionOf } from '../packet/datagram.ts';
import { loadField } from '../packet/field.ts';
import { coverHeader, joined } from '../rewrite/covering.ts';
import { addressPieces, storeNumber } from '../rewrite/store.ts';
import { isView, type View } from '../view.ts';

/** Both Ethernet addresses. The Ethernet header is there: a datagram was found behind it. */
export function writeMacs(code: Code, { src, dst }: { readonly src: Value; readonly dst: Value }, site: Site): Code {
  const frame = code.packetStart();
  const { then, otherwise } = code.whenInPacket(frame, ethernetLayout.size);
  storePieces(then, frame, ethernetLayout.fields.dst.at, 6, addressPieces(then, 'mac', dst, site));
  storePieces(then, frame, ethernetLayout.fields.src.at, 6, addressPieces(then, 'mac', src, site));
  const [end = then] = joined([then, otherwise]);
  return end;
}

/** One hop less. */
export function countHop(code: Code, ip: View, site: Site): readonly Code[] {
  const place = versionOf(ip) === 4 ? ipv4Layout.fields.hops : ipv6Layout.fields.hops;
  const at = ipPart(ip, 'at');
  const left = code.alu('and', code.alu('sub', loadField(code, at, place), n(1)), n(0xff));
  return coverHeader(code, ip, { fields: [storeNumber(code, at, place, left)] }, site);
}

export function countFrameHop(lowering: Lowering, path: Path, site: Site): readonly Code[] {
  return joined(
    frameDatagram(lowering, path).flatMap(({ path: on, value: ip }) => {
      const code = new Code(lowering, on);
      return isView(ip, 'ip') ? countHop(code, ip, site) : [code];
    }),
  );
}
