/** The running kernel lacks something that was asked for. */
export class UnsupportedFeatureError extends Error {
  override readonly name = 'UnsupportedFeatureError';
  readonly code = 'UNSUPPORTED_FEATURE';
  /** Such as "tcx links". */
  readonly feature: string;
  /** Such as "6.6". Distributions backport: older kernels may have it, too. */
  readonly minimumKernel: string;
  readonly hint: string;

  constructor(feature: string, minimumKernel: string) {
    super(`${feature} are not supported by this kernel (needs ${minimumKernel} or newer)`);
    this.feature = feature;
    this.minimumKernel = minimumKernel;
    this.hint = `run a kernel of version ${minimumKernel} or newer`;
  }
}
