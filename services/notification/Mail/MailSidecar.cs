using System.Globalization;
using System.Net;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Http;
using DaprShop.ServiceDefaults.Json;

namespace DaprShop.Notification.Mail;

/// <summary>The two calls of the sidecar that mail needs, over HTTP: the SDK of decision 0004 has neither jobs nor bindings.</summary>
internal sealed class MailSidecar : IDisposable
{
    /// <summary>Name of the output binding in every component set.</summary>
    public const string Binding = "mail";

    /// <summary>Longer than a mail server takes that is only slow.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly HttpClient _http;

    public MailSidecar(IConfiguration configuration) => _http = SidecarHttp.Create(configuration, Patience);

    /// <summary>
    /// Has the job run after the pause, at least once. A job of this name that is planned already stays as it is. Throws
    /// <see cref="DependencyUnavailableException"/> when it may not have been planned.
    /// </summary>
    public async Task PlanAsync(string name, MailJob job, TimeSpan after, CancellationToken cancellationToken)
    {
        var body = new
        {
            dueTime = string.Create(CultureInfo.InvariantCulture, $"{(long)after.TotalMilliseconds}ms"),
            data = job,
            // Should the app not answer: again, without end. What it answers is its own decision.
            failurePolicy = new { constant = new { interval = "10s" } },
        };
        var status = await PostAsync($"/v1.0/jobs/{name}", body, cancellationToken);
        if (status is not (HttpStatusCode.Conflict or >= HttpStatusCode.OK and < HttpStatusCode.Ambiguous))
        {
            throw new DependencyUnavailableException(string.Create(CultureInfo.InvariantCulture, $"the sidecar's jobs answered {(int?)status ?? 0}"));
        }
    }

    /// <returns>False: whether the mail server has taken it is unknown, or it has not.</returns>
    public async Task<bool> SendAsync(string to, string subject, string html, CancellationToken cancellationToken) =>
        await PostAsync(
            $"/v1.0/bindings/{Binding}",
            new { operation = "create", data = html, metadata = new { emailTo = to, subject } },
            cancellationToken) is >= HttpStatusCode.OK and < HttpStatusCode.Ambiguous;

    public void Dispose() => _http.Dispose();

    /// <returns>Null: no answer came.</returns>
    private async Task<HttpStatusCode?> PostAsync<T>(string path, T body, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await _http.PostAsJsonAsync(path, body, ShopJson.Documents, cancellationToken);
            return answer.StatusCode;
        }
        catch (Exception failure) when (failure is HttpRequestException || (failure is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // What went wrong may name the address, so only that it went wrong is passed on.
            return null;
        }
    }
}
