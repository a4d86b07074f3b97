using System.Net.Http.Headers;

namespace Sidecar.Invocation;

/// <summary>Who calls whom, and from where: the headers that the sidecar itself vouches for.</summary>
internal sealed record InvocationIdentity(string Caller, string Namespace, string Callee)
{
    // daprd names its host's address, or DAPR_HOST_IP; all sidecars of a run are on this machine.
    private static readonly string HostAddress = Environment.GetEnvironmentVariable("DAPR_HOST_IP") is { Length: > 0 } address ? address : "127.0.0.1";

    // Once: the name is asked of the kernel each time.
    private static readonly string HostName = Environment.MachineName;
    private static readonly string Forwarded = $"for={Quoted(HostAddress)};by={Quoted(HostAddress)};host={HostName}";

    public void AddTo(HttpRequestHeaders headers)
    {
        AddIdsTo(headers);
        if (Caller == Callee)
        {
            // An app that calls itself never leaves its sidecar: nothing was forwarded.
            return;
        }

        headers.TryAddWithoutValidation("X-Forwarded-For", HostAddress);
        headers.TryAddWithoutValidation("X-Forwarded-Host", HostName);
        headers.TryAddWithoutValidation("Forwarded", Forwarded);
    }

    /// <summary>Without where the call comes from, which a proxied gRPC call does not say.</summary>
    public void AddIdsTo(HttpRequestHeaders headers)
    {
        headers.TryAddWithoutValidation(HeaderRules.CallerAppId, Caller);
        headers.TryAddWithoutValidation(HeaderRules.CallerNamespace, Namespace);
        headers.TryAddWithoutValidation(HeaderRules.CalleeAppId, Callee);
    }

    // RFC 7239: an IPv6 address has a colon and so needs brackets and quotes.
    private static string Quoted(string address) => address.Contains(':', StringComparison.Ordinal) ? $"\"[{address}]\"" : address;
}
