using System.Net.Http.Headers;
using Sidecar.Invocation;
using Sidecar.PubSub.Publishing;
using Sidecar.Tracing;

namespace Sidecar.PubSub.Delivery;

/// <summary>The POST that carries an event to the app.</summary>
internal static class DeliveryRequest
{
    private const string PubSubName = "pubsubName";

    // What frames the request is made anew; a broker's metadata of the same name would contradict it.
    private static readonly HashSet<string> Framing = new(StringComparer.OrdinalIgnoreCase)
    {
        "content-type", "content-length", "host", "transfer-encoding", "connection", "expect", "upgrade", "te", "trailer", "keep-alive",
    };

    public static HttpRequestMessage Create(
        string path,
        ReadOnlyMemory<byte> body,
        string pubSub,
        IReadOnlyDictionary<string, string> metadata,
        TraceContext trace,
        string contentType = CloudEventAttributes.ContentType)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, TargetPath.ToUri(path))
        {
            Content = new ReadOnlyMemoryContent(body),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(contentType);
        foreach (var (name, value) in metadata)
        {
            if (!Framing.Contains(name))
            {
                request.Headers.TryAddWithoutValidation(name, value);
            }
        }

        Set(request.Headers, PubSubName, pubSub);
        if (trace != TraceContext.Empty)
        {
            Set(request.Headers, "traceparent", trace.Traceparent);
            Set(request.Headers, "tracestate", trace.Tracestate);
        }

        return request;
    }

    private static void Set(HttpRequestHeaders headers, string name, string value)
    {
        headers.Remove(name);
        if (value.Length > 0)
        {
            headers.TryAddWithoutValidation(name, value);
        }
    }
}
