namespace Sidecar.Launcher;

/// <summary>How the person at this terminal can call this program again.</summary>
internal static class OwnCommand
{
    public static string Text { get; } = Find();

    private static string Find()
    {
        var name = typeof(OwnCommand).Assembly.GetName().Name!;
        if (File.Exists(Path.Combine(Environment.CurrentDirectory, name, $"{name}.csproj")))
        {
            return $"dotnet run --project {name} --";
        }

        return Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet"
            ? $"dotnet {ReadyBlock.Short(Path.Combine(AppContext.BaseDirectory, $"{name}.dll"))}"
            : ReadyBlock.Short(Environment.ProcessPath ?? name);
    }
}
