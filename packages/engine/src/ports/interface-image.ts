/** A network interface as packets meet it: the port at its wire, the host behind it, and what judges frames between them. */
export interface InterfaceImage {
  /** Of its port, and what programs know it by: xdp_md.ingress_ifindex, __sk_buff.ifindex, the target of redirects. */
  readonly number: number;
  /** Number of the port where the host is; `undefined`: what is meant for the host ends. */
  readonly host: number | undefined;
  /** Ids of programs: of type xdp or sched-cls for what comes from the wire, sched-cls for what the host sends and what tc
   *  programs redirect. 0: there is none, and frames go on. */
  readonly ingress: number;
  readonly egress: number;
}
