using Dapr.Workflow;
using Dapr.Workflow.Abstractions;
using DaprShop.Contracts;
using DaprShop.Order.Log;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.Tests.Simulation.Engine;
using DaprShop.Tests.Simulation.Platform;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace DaprShop.Tests.Simulation.Shop;

/// <summary>One replica of a service over its lives: killed, it loses all that it had in memory, and comes back with the same name.</summary>
internal sealed class Replica : IPeer, IWorkflowHost
{
    private static readonly System.Reflection.MethodInfo Execute =
        typeof(BackgroundService).GetMethod("ExecuteAsync", System.Reflection.BindingFlags.Instance | System.Reflection.BindingFlags.NonPublic)!;

    private readonly App _app;
    private readonly int _number;
    private readonly Setting _setting;
    private ServiceProvider _services = null!;
    private int _lives;

    public Replica(App app, int number, Setting setting)
    {
        (_app, _number, _setting) = (app, number, setting);
        Start();
    }

    public string App => _app.Name;

    public string Name => $"{_app.Name}/{_number}";

    public Process Process { get; private set; } = null!;

    public bool IsUp => !Process.IsDead;

    public void Start()
    {
        _lives++;
        _setting.World.Note("start", Name);
        Process = new Process(_setting.World, (_number * 8) + _app.Name.Length, $"{Name}#{_lives}");
        _services = _app.Build(this, _setting);
        if (App == AppIds.Order)
        {
            // As the host does, but on this process's scheduler instead of the thread pool.
            var services = _services;
            Process.Start(() => (Task)Execute.Invoke(services.GetRequiredService<OrderLog>(), [CancellationToken.None])!);
        }
    }

    public void Kill()
    {
        _setting.World.Note("kill", Name);
        Process.Kill();
    }

    public IWorkflow CreateWorkflow(string name) =>
        (IWorkflow)ActivatorUtilities.CreateInstance(_services, _app.WorkflowType(name));

    public IWorkflowActivity CreateActivity(string name) =>
        (IWorkflowActivity)ActivatorUtilities.CreateInstance(_services, _app.WorkflowType(name));

    public void Serve(Request request, Action<Response?> done)
    {
        // All later lives have other services.
        var (process, services) = (Process, _services);
        if (!request.Path.EndsWith("-sweep", StringComparison.Ordinal))
        {
            process.Wake();
        }

        process.Run(
            async () =>
            {
                var context = Context(request, services);
                var faults = new FaultMiddleware(_app.Routes.Find(context.Request), services.GetRequiredService<ILogger<FaultMiddleware>>());
                await faults.InvokeAsync(context);
                var body = (MemoryStream)context.Response.Body;
                var response = new Response(context.Response.StatusCode, body.ToArray(), context.Response.ContentType);
                _setting.World.After(TimeSpan.Zero, () => done(process.IsDead ? null : response));
            },
            () => done(null));
    }

    private static DefaultHttpContext Context(Request request, IServiceProvider services)
    {
        var context = new DefaultHttpContext { RequestServices = services };
        var question = request.Path.IndexOf('?', StringComparison.Ordinal);
        context.Request.Method = request.Method;
        context.Request.Path = question < 0 ? request.Path : request.Path[..question];
        context.Request.QueryString = question < 0 ? default : new QueryString(request.Path[question..]);
        context.Request.ContentType = request.ContentType;
        context.Request.ContentLength = request.Body.Length;
        context.Request.Body = new MemoryStream(request.Body.ToArray());
        foreach (var (name, value) in request.Headers ?? new Dictionary<string, string>())
        {
            context.Request.Headers[name] = value;
        }

        context.Features.Set<IHttpRequestBodyDetectionFeature>(new WithBody());
        context.Response.Body = new MemoryStream();
        return context;
    }

    private sealed class WithBody : IHttpRequestBodyDetectionFeature
    {
        public bool CanHaveBody => true;
    }
}
