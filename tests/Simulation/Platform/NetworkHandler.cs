using System.Net;
using DaprShop.Tests.Simulation.Engine;

namespace DaprShop.Tests.Simulation.Platform;

/// <summary>What an HttpClient of a service stands on. The answer comes from outside every process, so what .NET does with it stays on this thread.</summary>
internal sealed class NetworkHandler(Func<Request, CancellationToken, Task<Response?>> send, ProcessClock clock, TimeSpan limit) : HttpMessageHandler
{
    public HttpClient Client(string host) =>
        new(this, disposeHandler: false) { BaseAddress = new Uri($"http://{host}"), Timeout = Timeout.InfiniteTimeSpan };

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var body = request.Content is null ? default : Bytes(request.Content);
        var headers = request.Headers.ToDictionary(header => header.Key, header => string.Join(',', header.Value));
        var sent = new Request(
            request.Method.Method, request.RequestUri!.PathAndQuery, body, request.Content?.Headers.ContentType?.ToString() ?? "application/json", headers);

        // As HttpClient's own limit: whoever waits gets a cancellation that nobody asked for.
        using var timeout = new CancellationTokenSource(limit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        // Not back into the process, whose turn it is only when HttpClient has done its part.
        var response = await send(sent, either.Token).ConfigureAwait(false) ?? throw new HttpRequestException("The connection broke.");
        var answer = new HttpResponseMessage((HttpStatusCode)response.Status)
        {
            RequestMessage = request,
            Content = new ReadOnlyMemoryContent(response.Body),
        };
        if (response.ContentType is { } type)
        {
            answer.Content.Headers.TryAddWithoutValidation("Content-Type", type);
        }

        return answer;
    }

    private static byte[] Bytes(HttpContent content)
    {
        using var body = new MemoryStream();
        content.CopyTo(body, context: null, CancellationToken.None);
        return body.ToArray();
    }
}
