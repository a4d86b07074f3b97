using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using DaprShop.ServiceDefaults.Json;

namespace DaprShop.Tests.Services;

/// <summary>Another service, as the test says it answers; null is a 500, a status code is an answer without a body, and a task is waited for.</summary>
internal sealed class StubHttp(Func<string, string, object?> answer) : HttpMessageHandler
{
    public ConcurrentQueue<(string Path, string Body)> Requests { get; } = new();

    public HttpClient Client() => new(this, disposeHandler: false) { BaseAddress = new Uri("http://other/") };

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var path = request.RequestUri!.AbsolutePath;
        var body = request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken);
        Requests.Enqueue((path, body));
        var content = answer(path, body);
        content = content is Task<object?> later ? await later.WaitAsync(cancellationToken) : content;
        return content switch
        {
            null => new HttpResponseMessage(HttpStatusCode.InternalServerError),
            HttpStatusCode status => new HttpResponseMessage(status),
            _ => new HttpResponseMessage(HttpStatusCode.OK) { Content = JsonContent.Create(content, content.GetType(), options: ShopJson.Documents) },
        };
    }
}
