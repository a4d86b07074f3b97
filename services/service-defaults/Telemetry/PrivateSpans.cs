using System.Diagnostics;
using OpenTelemetry;

namespace DaprShop.ServiceDefaults.Telemetry;

/// <summary>
/// Takes off every span what its caller typed or what names a person: a path holds whatever was put into it, and the keys of the state store
/// hold user ids. Which route it was, in <c>http.route</c> and in the span's name, tells as much.
/// </summary>
internal sealed class PrivateSpans : BaseProcessor<Activity>
{
    private const string ServerSource = "Microsoft.AspNetCore";
    private const string Target = "url.full";

    /// <summary>On the spans of requests that were received. The server's address is there what the caller took it for.</summary>
    private static readonly string[] Typed =
        ["url.path", "url.query", "server.address", "server.port", "user_agent.original", "http.request.method_original"];

    public override void OnEnd(Activity data)
    {
        // It has gone on to whom this service called; only the record of it is dropped.
        data.TraceStateString = "";
        if (data.Source.Name == ServerSource)
        {
            foreach (var tag in Typed)
            {
                data.SetTag(tag, null);
            }
        }
        else if (data.GetTagItem(Target) is string address)
        {
            data.SetTag(Target, Uri.TryCreate(address, UriKind.Absolute, out var uri) ? uri.GetLeftPart(UriPartial.Authority) : null);
        }
    }
}
