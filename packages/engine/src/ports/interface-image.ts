/**
 * A network interface as packets meet it: the port at its wire, the host behind it, and what judges frames between them.
 *
 *   wire ─► xdp ─► ingress ─► host
 *        ◄───────── egress ◄─
 */
export interface InterfaceImage {
  /** Of its port, and what programs know it by: xdp_md.ingress_ifindex, __sk_buff.ifindex, the target of redirects. */
  readonly number: number;
  /** Number of the port where the host is; `undefined`: what is meant for the host ends. */
  readonly host: number | undefined;
  /** Ids of programs, which are those of the kernel's hooks: XDP, and tc for both ways. 0: there is none, and frames go on. What tc
   *  programs redirect into an interface begins at its ingress, what they redirect out of one at its egress. */
  readonly xdp: number;
  readonly ingress: number;
  readonly egress: number;
}
