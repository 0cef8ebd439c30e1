// Changes the manifests that are published: pnpm calls this when it packs.
export const hooks = {
  beforePacking(manifest) {
    // the sources are not in the package
    for (const target of Object.values(manifest.exports)) delete target['hot-config-source']
    // what an adapter imports of core is in all versions from its own up to the next major
    const core = manifest.peerDependencies?.['@hot-config/core']
    if (core) {
      const major = Number.parseInt(manifest.version)
      manifest.peerDependencies['@hot-config/core'] = `>=${manifest.version} <${major + 1}.0.0`
    }
    delete manifest.devDependencies
    delete manifest.scripts
    return manifest
  },
}
