using System.Net;
using System.Text;
using DaprShop.TestKit.Shop;

namespace DaprShop.Tests.EndToEnd.Canaries;

/// <summary>
/// A client whose every request carries canaries in all headers that programs put on requests without asking anybody, beside what the request
/// itself is made of.
/// </summary>
internal sealed class CanarySender : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler
    {
        UseCookies = false,
        AllowAutoRedirect = false,
        UseProxy = false,
        ActivityHeadersPropagator = null,
        RequestHeaderEncodingSelector = (_, _) => Encoding.UTF8,
    })
    {
        Timeout = TimeSpan.FromSeconds(60),
    };

    public CanaryBook Book { get; } = new();

    /// <param name="route">What the request counts for.</param>
    /// <param name="headers">Beside the usual ones; they win over them.</param>
    public async Task<Answer> SendAsync(
        string route, string method, string address, HttpContent? content = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), address) { Content = content };
        foreach (var (name, value) in Usual().Where(usual => headers.All(header => header.Name != usual.Name)).Concat(headers))
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        // A stream may go on for ever; that it began is its answer.
        var streams = response.Content.Headers.ContentType?.MediaType == "text/event-stream";
        var body = streams ? "" : await response.Content.ReadAsStringAsync();
        Book.Record(route, response.StatusCode);
        return new Answer(response.StatusCode, response.Headers, body) { ContentType = response.Content.Headers.ContentType?.MediaType };
    }

    public static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");

    public void Dispose() => _http.Dispose();

    private (string Name, string Value)[] Usual() =>
    [
        ("Accept-Language", Book.Id()),
        ("Cookie", $"session={Book.Secret()}; user={Book.Mail()}"),
        ("Forwarded", $"for=\"{Book.Id()}\""),
        ("From", Book.Mail()),
        ("Host", $"{Book.Id()}.example"),
        ("Referer", $"https://shop.example/reset?token={Book.Secret()}"),
        ("User-Agent", $"{Book.Id()}/1.0 (mailto:{Book.Mail()})"),
        ("X-Api-Key", Book.Secret()),
        ("X-Forwarded-For", Book.Id()),
        ("X-Request-Id", Book.Id()),
        ("baggage", $"user.email={Book.Id()}"),
        ("traceparent", "00-00000000000000000000000000ca4a41-00000000000ca4a1-01"),
        ("tracestate", $"shop={Book.Id()}"),
    ];
}
