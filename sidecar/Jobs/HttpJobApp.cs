using System.Net.Http.Headers;
using Sidecar.Invocation;

namespace Sidecar.Jobs;

/// <summary>The call that runs a job: POST /job/{name} to the app (dapr-contract.md 9.4).</summary>
/// <param name="channel">Null: there is no app, and no job will ever run here.</param>
internal sealed class HttpJobApp(IAppChannel? channel = null) : IJobApp
{
    public async Task<JobAnswer> TriggerAsync(ScheduledJob job)
    {
        if (channel is null)
        {
            return new JobAnswer("app channel is not initialized");
        }

        using var request = new HttpRequestMessage(HttpMethod.Post, PathOf(job.Name))
        {
            Content = new ReadOnlyMemoryContent(job.Data?.Bytes ?? default),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        try
        {
            using var response = await channel.SendAsync(request, CancellationToken.None);
            return response.IsSuccessStatusCode
                ? default
                : new JobAnswer($"the app answered {(int)response.StatusCode}", IsFinal: response.StatusCode == System.Net.HttpStatusCode.NotFound);
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException or OperationCanceledException)
        {
            return new JobAnswer(failure.Message);
        }
    }

    // A name may hold slashes, which stay; a question mark would begin a query.
    private static Uri PathOf(string name) => TargetPath.ToUri($"/job/{name.TrimStart('/').Replace("?", "%3F", StringComparison.Ordinal)}");
}
