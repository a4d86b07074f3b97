using System.Net;
using System.Text;
using Sidecar.Components.Middleware;
using Sidecar.Invocation;

namespace Sidecar.Pipelines;

/// <summary>spec.appHttpPipeline: what every call to the app passes, invocations and deliveries alike. Health probes are none.</summary>
internal sealed class AppPipeline(IAppChannel channel, HttpPipelines pipelines) : IAppChannel
{
    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var steps = pipelines.App.Select(pipelines.Find).OfType<IHttpMiddleware>().ToList();

        // A step that answers is seen by those before it, as if the app had answered.
        var passed = 0;
        HttpResponseMessage? answer = null;
        for (; passed < steps.Count && answer is null; passed++)
        {
            if (await steps[passed].CheckAsync(Describe(request), cancellationToken) is { } own)
            {
                answer = Write(own, request);
                break;
            }

            if (steps[passed].RequestChange is { } change && request.Content is { } body)
            {
                request.Content = new ChangedContent(body, change);
            }
        }

        answer ??= await channel.SendAsync(request, cancellationToken);
        foreach (var change in steps.Take(passed).Reverse().Select(step => step.AnswerChange).OfType<BodyChange>())
        {
            answer.Content = new ChangedContent(answer.Content, change);
        }

        return answer;
    }

    private static MiddlewareRequest Describe(HttpRequestMessage request)
    {
        var target = request.RequestUri!.OriginalString;
        return new MiddlewareRequest(
            request.Method.Method,
            target.StartsWith('/') ? target : $"/{target}",
            name => request.Headers.NonValidated.TryGetValues(name, out var values) ? values.ToString() : "",
            "");
    }

    private static HttpResponseMessage Write(MiddlewareAnswer answer, HttpRequestMessage request)
    {
        var response = new HttpResponseMessage((HttpStatusCode)answer.Status) { RequestMessage = request, Content = new ByteArrayContent(Encoding.UTF8.GetBytes(answer.Text)) };
        response.Content.Headers.TryAddWithoutValidation("Content-Type", MiddlewareAnswer.ContentType);
        foreach (var (name, value) in answer.Headers)
        {
            response.Headers.TryAddWithoutValidation(name, value);
        }

        return response;
    }
}
