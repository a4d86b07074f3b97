using System.Text.Json;
using Sidecar.Api;
using Sidecar.Http.Errors;

namespace Sidecar.Http;

/// <summary>Jobs (dapr-contract.md 9.4). Common to all: 400 DAPR_SCHEDULER_JOB_NAME_EMPTY, and 500 with the scheduler's error when the store fails.</summary>
internal static class JobEndpoints
{
    public static void MapJobs(this IEndpointRouteBuilder routes)
    {
        foreach (var route in (string[])["/v1.0/jobs/{name}", "/v1.0-alpha1/jobs/{name}"])
        {
            routes.MapPost(route, ScheduleAsync);
            routes.MapGet(route, GetAsync);
            routes.MapDelete(route, DeleteAsync);
        }
    }

    // POST {schedule?,dueTime?,repeats?,ttl?,data?,overwrite?,failurePolicy?}: 204; 400 ERR_MALFORMED_REQUEST,
    // DAPR_SCHEDULER_JOB_NAME for a name in the body, DAPR_SCHEDULER_SCHEDULE_EMPTY, DAPR_SCHEDULER_SCHEDULE_JOB for times that
    // are none; 409 DAPR_SCHEDULER_SCHEDULE_JOB when there is one and overwrite is not set.
    private static async Task ScheduleAsync(HttpContext context, JobsApi jobs, CancellationToken cancellationToken)
    {
        ApiError? error;
        try
        {
            var request = JobBody.Parse(await context.ReadBodyAsync(cancellationToken));
            error = request.Name.Length > 0
                ? jobs.NameTwice
                : await jobs.ScheduleAsync(request with { Name = context.PathParameter("name").Trim() }, cancellationToken);
        }
        catch (Exception mistake) when (mistake is JsonException or FormatException or BadHttpRequestException)
        {
            error = SharedErrors.MalformedBody(mistake.Message);
        }

        await AnswerAsync(context, error, cancellationToken);
    }

    // GET: 200 the job; 500 DAPR_SCHEDULER_GET_JOB, also when there is none.
    private static async Task GetAsync(HttpContext context, JobsApi jobs, CancellationToken cancellationToken)
    {
        var answer = await jobs.GetAsync(context.PathParameter("name"), cancellationToken);
        await (answer.Error is { } error
            ? context.Response.WriteAsync(error, cancellationToken)
            : context.Response.WriteJsonAsync(StatusCodes.Status200OK, JobBody.Write(answer.Value!), cancellationToken));
    }

    // DELETE: 204, also when there is none; 500 DAPR_SCHEDULER_DELETE_JOB.
    private static async Task DeleteAsync(HttpContext context, JobsApi jobs, CancellationToken cancellationToken) =>
        await AnswerAsync(context, await jobs.DeleteAsync(context.PathParameter("name"), cancellationToken), cancellationToken);

    private static Task AnswerAsync(HttpContext context, ApiError? error, CancellationToken cancellationToken)
    {
        if (error is not null)
        {
            return context.Response.WriteAsync(error, cancellationToken);
        }

        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }
}
