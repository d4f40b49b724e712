/** The module that authors import; its names are the intrinsics'. */
export const AUTHORS_MODULE = '@twinpath/vnf';
