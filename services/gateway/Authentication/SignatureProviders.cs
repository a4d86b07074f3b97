using Microsoft.IdentityModel.Tokens;

namespace DaprShop.Gateway.Authentication;

/// <summary>Where the token library takes its signers and verifiers from.</summary>
internal static class SignatureProviders
{
    /// <summary>
    /// A new one for each token. The library's cache of this version disposes one that several requests share when two of them make
    /// the first for a key at once: a good token would now and then be refused just after the start.
    /// </summary>
    public static CryptoProviderFactory Uncached { get; } = new() { CacheSignatureProviders = false };
}
