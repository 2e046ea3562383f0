/** A gate that is open: what tabs and registries show of us. */
export const FAVICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#123c35"/>\
<path d="M8 26V10M8 13l17-6M5 26h22" fill="none" stroke="#f4c95d" stroke-width="3" stroke-linecap="round"/></svg>`;
